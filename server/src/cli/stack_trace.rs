//! `sealdock stack-trace`: a minified stack trace, with the lines that a person wrote.

use super::client::Client;
use super::exit::{Done, Exit, Failure, Got};
use super::{find, say::Say};
use crate::rest::Trace;
use clap::Args;
use domain::id::DeploymentId;
use domain::refusal::Refusal;
use domain::stack::MOST_BYTES;
use domain::view::{OriginalView, TraceLineView, TraceView};
use std::io::Read;

#[derive(Args)]
pub struct StackTrace {
    /// A deployment's id, or a project's name for what it serves now.
    deployment: String,
    #[arg(long, default_value = "production")]
    environment: String,
    /// Where the trace is written; standard input with `-`.
    #[arg(default_value = "-")]
    file: String,
}

impl StackTrace {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let id = self.id(&client).await?;
        let trace = Trace {
            text: read(&self.file)?,
        };
        let path = format!("/v2/deployments/{id}/stack-trace");
        let view: TraceView = client.post(&path, &trace).await?;
        say.result(&view, text);
        Ok(Exit::Ok)
    }

    async fn id(&self, client: &Client) -> Got<DeploymentId> {
        if let Ok(id) = self.deployment.parse() {
            return Ok(id);
        }
        let project = find::project(client, &self.deployment).await?;
        let environment = find::environment(&project, &self.environment)?;
        let active = environment.active.as_ref().map(|d| d.id.clone());
        active.ok_or_else(|| {
            let sentence = "Nothing serves there now.";
            Failure::refused(Refusal::conflict("nothing_serves", sentence))
                .way_out("Name a deployment by its id: `sealdock list PROJECT` shows them.")
        })
    }
}

/// One byte over the limit is enough for the server to refuse it.
fn read(file: &str) -> Got<String> {
    let mut text = vec![];
    let most = MOST_BYTES as u64 + 1;
    let done = match file {
        "-" => std::io::stdin().take(most).read_to_end(&mut text),
        path => std::fs::File::open(path).and_then(|f| f.take(most).read_to_end(&mut text)),
    };
    done.map_err(|error| Failure::usage(format!("{file} can't be read: {error}.")))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn text(view: &TraceView) -> String {
    let lines: String = view.lines.iter().map(line).collect();
    format!(
        "{lines}\n{} of {} frames are known.\n",
        view.decoded, view.frames
    )
}

fn line(line: &TraceLineView) -> String {
    match (&line.original, &line.unknown) {
        (Some(o), _) => original(o),
        (None, Some(why)) => format!("{}\n      ({why})\n", line.text),
        (None, None) => format!("{}\n", line.text),
    }
}

fn original(o: &OriginalView) -> String {
    let function = o.function.as_deref().unwrap_or("(anonymous)");
    let head = format!("    at {function} ({}:{}:{})\n", o.file, o.line, o.column);
    let source = o.source.iter().map(|l| {
        let mark = if l.number == o.line { '>' } else { ' ' };
        format!("    {mark} {:>5} | {}\n", l.number, l.text)
    });
    std::iter::once(head).chain(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::view::SourceLineView;

    #[test]
    fn p11_a_trace_is_printed_as_a_trace_with_its_lines() {
        let source = |number: u32, text: &str| SourceLineView {
            number,
            text: text.into(),
        };
        let view = TraceView {
            lines: vec![
                TraceLineView {
                    text: "Error: no".into(),
                    ..TraceLineView::default()
                },
                TraceLineView {
                    text: "    at c (https://a/m.js:1:9)".into(),
                    original: Some(OriginalView {
                        file: "src/a.ts".into(),
                        line: 2,
                        column: 3,
                        function: Some("f".into()),
                        source: vec![source(1, "{"), source(2, "  throw")],
                    }),
                    unknown: None,
                },
            ],
            decoded: 1,
            frames: 1,
        };
        assert_eq!(
            text(&view),
            "Error: no\n    at f (src/a.ts:2:3)\n          1 | {\n    >     2 |   throw\n\n1 of 1 frames are known.\n"
        );
    }
}
