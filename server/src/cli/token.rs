//! `sealdock token`: API tokens.

use super::client::Client;
use super::exit::{Done, Exit, Failure};
use super::say::{Say, table};
use clap::Subcommand;
use domain::access::Role;
use domain::api::NewToken;
use domain::view::{NewTokenView, Page, TokenView};

#[derive(Subcommand)]
pub enum Token {
    /// Make one. It is printed this once.
    Create {
        name: String,
        /// viewer, developer or owner; never more than your own.
        #[arg(long, default_value = "developer", value_parser = role)]
        role: Role,
        #[arg(long, value_name = "DAYS")]
        expires_in_days: Option<u32>,
    },
    /// Yours, with their last use.
    List,
    /// Make one worthless.
    Revoke { id: String },
}

fn role(word: &str) -> Result<Role, String> {
    Role::parse(word).ok_or_else(|| "the roles are viewer, developer and owner".to_owned())
}

impl Token {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match self {
            Token::Create {
                name,
                role,
                expires_in_days,
            } => {
                let made: NewTokenView = client
                    .post(
                        "/v2/tokens",
                        &NewToken {
                            name,
                            role,
                            expires_in_days,
                        },
                    )
                    .await?;
                say.result(&made, |made| format!("{}\n", made.token));
            }
            Token::List => say.result(
                &client.get::<Page<TokenView>>("/v2/tokens").await?.items,
                |all| rows(all),
            ),
            Token::Revoke { id } => {
                let id: domain::id::TokenId = id
                    .parse()
                    .map_err(|e: domain::id::NotAnId| Failure::usage(format!("{e}.")))?;
                client.delete(&format!("/v2/tokens/{id}")).await?;
                say.note("It is worthless from now on.");
            }
        }
        Ok(Exit::Ok)
    }
}

fn rows(all: &[TokenView]) -> String {
    let head = ["ID", "NAME", "ROLE", "CREATED", "EXPIRES", "LAST USED"]
        .map(str::to_owned)
        .to_vec();
    let when = |at: Option<domain::time::Time>| {
        at.map_or_else(|| "never".to_owned(), domain::time::Time::rfc3339)
    };
    let row = |t: &TokenView| {
        vec![
            t.id.to_string(),
            t.name.clone(),
            t.role.word().to_owned(),
            t.created_at.rfc3339(),
            when(t.expires_at),
            when(t.last_used_at),
        ]
    };
    table(
        &[head]
            .into_iter()
            .chain(all.iter().map(row))
            .collect::<Vec<_>>(),
    )
}
