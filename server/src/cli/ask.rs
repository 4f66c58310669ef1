//! Questions, on a terminal only. A script is told which flag answers instead.

use super::exit::{Failure, Got};
use super::say::is_terminal;
use dialoguer::{Confirm, Input, Password};

pub fn yes(question: &str, flag: &str) -> Got<bool> {
    on_terminal(question, flag)?;
    Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact()
        .map_err(unanswered)
}

pub fn text(question: &str, flag: &str) -> Got<String> {
    on_terminal(question, flag)?;
    Input::<String>::new()
        .with_prompt(question)
        .allow_empty(true)
        .interact_text()
        .map_err(unanswered)
}

/// Not shown while it is typed.
pub fn secret(question: &str, flag: &str) -> Got<String> {
    on_terminal(question, flag)?;
    Password::new()
        .with_prompt(question)
        .interact()
        .map_err(unanswered)
}

fn on_terminal(question: &str, flag: &str) -> Got<()> {
    if is_terminal() {
        return Ok(());
    }
    Err(
        Failure::usage(format!("There is no terminal to ask on: {question}"))
            .way_out(format!("Answer with {flag}.")),
    )
}

fn unanswered(error: dialoguer::Error) -> Failure {
    Failure::usage(format!("The question was not answered: {error}."))
}
