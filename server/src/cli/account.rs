//! Which server this machine speaks to.

use super::client::Client;
use super::exit::{Done, Exit, Failure};
use super::profile::{self, Profile, trimmed};
use super::{ask, say::Say};
use clap::Args;
use domain::access::Caller;

#[derive(Args)]
pub struct Login {
    /// Where the console is: `http://127.0.0.1:4600`.
    url: String,
    /// An API token, from Settings → API tokens; asked for on a terminal.
    #[arg(long, env = "SEALDOCK_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl Login {
    pub async fn run(self, say: &Say) -> Done {
        if !self.url.starts_with("http://") && !self.url.starts_with("https://") {
            return Err(Failure::usage(format!("`{}` is no address.", self.url))
                .way_out("It begins with http:// or https://."));
        }
        let question = format!(
            "API token (make one at {}/settings/tokens)",
            trimmed(&self.url)
        );
        let token = match self.token {
            Some(token) => token,
            None => ask::secret(&question, "--token or SEALDOCK_TOKEN")?,
        };
        let profile = Profile {
            url: trimmed(&self.url),
            token: token.trim().to_owned(),
        };
        let me: Caller = Client::new(profile.clone())?.get("/v2/me").await?;
        let path = profile.save()?;
        say.result(&me, |me| {
            let place = path.display();
            format!(
                "Signed in to {} as {} ({}). Kept in {place}.\n",
                me.org_name,
                me.email,
                me.role.word()
            )
        });
        Ok(Exit::Ok)
    }
}

pub fn logout(say: &Say) -> Done {
    let path = profile::forget()?;
    say.note(&format!(
        "{} is gone. The token itself is still good: revoke it with `sealdock token revoke`.",
        path.display()
    ));
    Ok(Exit::Ok)
}
