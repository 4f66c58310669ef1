//! A running BuildKit build as lines, in the form of `domain::build_log`.

use crate::driver::Lines;
use crate::driver::docker::pieces::Pieces;
use bollard_buildkit_proto::google::protobuf::Timestamp;
use bollard_buildkit_proto::moby::buildkit::v1::{StatusResponse, Vertex, VertexLog, VertexStatus};
use domain::build_log::{Part, line};
use domain::view::Stream;
use std::collections::HashMap;

const STDERR: i64 = 2;
const LOOKS_UP: &str = "[internal] load metadata for ";
/// The Engine's own words where it drops what a step prints.
const CLIPPED: &str = "[output clipped, log limit";
const WHY_CLIPPED: &str = "Docker Engine drops what a step prints beyond this. To keep more, start dockerd with BUILDKIT_STEP_LOG_MAX_SIZE=268435456 and BUILDKIT_STEP_LOG_MAX_SPEED=2097152 (bytes, bytes a second) in its environment.";
/// A download says this often how far it is: a log that stands still looks broken.
const BETWEEN_S: f64 = 5.0;

/// Where the build is.
pub struct Progress<'a> {
    lines: &'a dyn Lines,
    steps: HashMap<String, Step>,
    failed: Option<Failed>,
}

#[derive(Default)]
struct Step {
    number: u32,
    name: String,
    pieces: Pieces,
    last_out: Option<String>,
    last_err: Option<String>,
    /// When a part of it (a layer on its way) last said how far it is; for ever once it is done.
    parts: HashMap<String, f64>,
    is_clipped: bool,
    is_over: bool,
}

/// What to say of the step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub step: String,
    pub last: Option<String>,
    pub error: String,
}

impl<'a> Progress<'a> {
    pub fn new(lines: &'a dyn Lines) -> Self {
        Self {
            lines,
            steps: HashMap::new(),
            failed: None,
        }
    }

    pub fn read(&mut self, status: StatusResponse) {
        status.vertexes.iter().for_each(|vertex| self.begin(vertex));
        status.logs.into_iter().for_each(|log| self.print(log));
        status.statuses.iter().for_each(|part| self.report(part));
        // Its last lines come in the same message as its end.
        let ended = status.vertexes.into_iter();
        ended
            .filter(|vertex| vertex.completed.is_some())
            .for_each(|vertex| self.end(vertex));
    }

    pub fn failed(&self) -> Option<&Failed> {
        self.failed.as_ref()
    }

    /// What came until then is all there is.
    pub fn broke_off(&mut self, why: &str) {
        let all = self.steps.values_mut();
        all.for_each(|step| step.finish(self.lines));
        let why = format!("The builder's output broke off ({why}): lines may be missing here.");
        self.lines.line(Stream::Note, &why);
    }

    fn begin(&mut self, vertex: &Vertex) {
        let known = self.steps.contains_key(&vertex.digest);
        if known || (vertex.started.is_none() && !vertex.cached) || is_internal(&vertex.name) {
            return;
        }
        let number = u32::try_from(self.steps.len() + 1).unwrap_or(u32::MAX);
        let name = vertex.name.split_whitespace().collect::<Vec<_>>().join(" ");
        self.lines
            .line(Stream::Out, &line(number, Part::Begin(&name)));
        let step = Step {
            number,
            name,
            ..Step::default()
        };
        self.steps.insert(vertex.digest.clone(), step);
    }

    fn print(&mut self, log: VertexLog) {
        let Some(step) = self.steps.get_mut(&log.vertex) else {
            return;
        };
        let stream = if log.stream == STDERR {
            Stream::Err
        } else {
            Stream::Out
        };
        let text = String::from_utf8_lossy(&log.msg);
        for text in step.pieces.push(stream, &text) {
            step.say(stream, &text, self.lines);
        }
    }

    /// Looking a base image up is the builder's own step, and its failure is not.
    fn base(&mut self, vertex: &Vertex) {
        let Some(image) = vertex.name.strip_prefix(LOOKS_UP) else {
            return;
        };
        if !vertex.error.is_empty() && self.failed.is_none() {
            self.failed = Some(Failed {
                step: format!("FROM {image}"),
                last: None,
                error: vertex.error.trim().to_owned(),
            });
        }
    }

    fn report(&mut self, part: &VertexStatus) {
        let Some(step) = self.steps.get_mut(&part.vertex) else {
            return;
        };
        let is_done = part.completed.is_some();
        let now = part.timestamp.as_ref().map_or(0.0, at);
        let begun = part.started.as_ref().map_or(now, at);
        let last = *step.parts.entry(part.id.clone()).or_insert(begun);
        if !is_done && now - last < BETWEEN_S {
            return;
        }
        if last < f64::INFINITY {
            let said = line(step.number, Part::Output(&far(part)));
            self.lines.line(Stream::Out, &said);
        }
        let said = if is_done { f64::INFINITY } else { now };
        step.parts.insert(part.id.clone(), said);
    }

    fn end(&mut self, vertex: Vertex) {
        let Some(step) = self.steps.get_mut(&vertex.digest).filter(|s| !s.is_over) else {
            return self.base(&vertex);
        };
        step.is_over = true;
        step.finish(self.lines);
        let number = step.number;
        let took = millis(vertex.started.as_ref(), vertex.completed.as_ref());
        match (vertex.error.is_empty(), vertex.cached) {
            (true, true) => self.lines.line(Stream::Out, &line(number, Part::Cached)),
            (true, false) => self
                .lines
                .line(Stream::Out, &line(number, Part::Done(Some(took)))),
            (false, _) => {
                let error = vertex.error.trim();
                self.lines
                    .line(Stream::Err, &line(number, Part::Failed(error)));
                // What it tears down with it has failed only because of it.
                if !error.ends_with("context canceled") && self.failed.is_none() {
                    self.failed = Some(Failed {
                        step: step.name.clone(),
                        last: step.last_err.take().or(step.last_out.take()),
                        error: error.to_owned(),
                    });
                }
            }
        }
    }
}

impl Step {
    fn finish(&mut self, lines: &dyn Lines) {
        for (stream, text) in self.pieces.rest() {
            self.say(stream, &text, lines);
        }
    }

    fn say(&mut self, stream: Stream, text: &str, lines: &dyn Lines) {
        lines.line(stream, &line(self.number, Part::Output(text)));
        // The Engine says so each time; the way out is the same.
        if text.starts_with(CLIPPED) && !std::mem::replace(&mut self.is_clipped, true) {
            lines.line(Stream::Err, &line(self.number, Part::Output(WHY_CLIPPED)));
        }
        if text.trim().is_empty() {
            return;
        }
        // The two streams come in any order; what failed mostly says so on the second.
        match stream {
            Stream::Err => self.last_err = Some(text.to_owned()),
            _ => self.last_out = Some(text.to_owned()),
        }
    }
}

/// What the builder does for itself.
fn is_internal(name: &str) -> bool {
    name.starts_with("[internal]")
        || name == "copy /context /"
        || name.contains("buildkit-session/")
}

/// `sha256:… 12.3 of 40.0 MiB`, `exporting layers done`.
fn far(part: &VertexStatus) -> String {
    let mib = |bytes: i64| bytes as f64 / 1_048_576.0;
    let name = if part.id.is_empty() {
        &part.name
    } else {
        &part.id
    };
    let end = if part.completed.is_some() {
        " done"
    } else {
        ""
    };
    match part.total {
        0 => format!("{name}{end}"),
        total => format!(
            "{name} {:.1} of {:.1} MiB{end}",
            mib(part.current),
            mib(total)
        ),
    }
}

fn at(time: &Timestamp) -> f64 {
    time.seconds as f64 + f64::from(time.nanos) / 1e9
}

fn millis(from: Option<&Timestamp>, to: Option<&Timestamp>) -> u64 {
    let took = from.zip(to).map_or(0.0, |(from, to)| at(to) - at(from));
    (took.max(0.0) * 1000.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Kept(Mutex<Vec<String>>);

    impl Lines for Kept {
        fn line(&self, stream: Stream, text: &str) {
            let mark = if stream == Stream::Err { "! " } else { "" };
            self.0
                .lock()
                .expect("nobody panicked")
                .push(format!("{mark}{text}"));
        }
    }

    fn time(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp { seconds, nanos: 0 })
    }

    fn vertex(digest: &str, name: &str) -> Vertex {
        Vertex {
            digest: digest.to_owned(),
            name: name.to_owned(),
            started: time(10),
            ..Vertex::default()
        }
    }

    fn over(vertex: &Vertex, error: &str) -> StatusResponse {
        let vertex = Vertex {
            completed: time(12),
            error: error.to_owned(),
            ..vertex.clone()
        };
        StatusResponse {
            vertexes: vec![vertex],
            ..StatusResponse::default()
        }
    }

    fn begun(vertexes: &[&Vertex]) -> StatusResponse {
        StatusResponse {
            vertexes: vertexes.iter().map(|v| (*v).clone()).collect(),
            ..StatusResponse::default()
        }
    }

    fn printed(digest: &str, stream: i64, text: &str) -> StatusResponse {
        let log = VertexLog {
            vertex: digest.to_owned(),
            stream,
            msg: text.as_bytes().to_vec(),
            ..VertexLog::default()
        };
        StatusResponse {
            logs: vec![log],
            ..StatusResponse::default()
        }
    }

    fn part(now: i64, current: i64, completed: Option<Timestamp>) -> StatusResponse {
        let part = VertexStatus {
            id: "sha256:a".to_owned(),
            vertex: "a".to_owned(),
            current,
            total: 40 << 20,
            timestamp: time(now),
            started: time(10),
            completed,
            ..VertexStatus::default()
        };
        StatusResponse {
            statuses: vec![part],
            ..StatusResponse::default()
        }
    }

    #[test]
    fn p21_steps_side_by_side_keep_their_lines_apart_and_the_first_failure_is_the_one() {
        let kept = Kept::default();
        let mut progress = Progress::new(&kept);
        let (a, b) = (
            vertex("a", "[1/2] RUN  make\n"),
            vertex("b", "[2/2] RUN test"),
        );
        progress.read(begun(&[&vertex("i", "[internal] load"), &a, &b, &a]));
        progress.read(printed("a", 1, "one\ntw"));
        progress.read(printed("b", 2, "10%\r50%\roops\n"));
        progress.read(printed("a", 1, "o\nrest"));
        progress.read(over(&b, "exit code: 3"));
        progress.read(over(&a, "context canceled"));
        let said = kept.0.lock().expect("nobody panicked").join("\n");
        let expected = "#1 [1/2] RUN make\n#2 [2/2] RUN test\n#1 | one\n! #2 | oops\n#1 | two\n! #2 ERROR: exit code: 3\n#1 | rest\n! #1 ERROR: context canceled";
        assert_eq!(said, expected);
        let failed = progress.failed().expect("one failed");
        assert_eq!(
            (failed.step.as_str(), failed.last.as_deref()),
            ("[2/2] RUN test", Some("oops"))
        );
    }

    #[test]
    fn q6_the_way_out_of_clipped_output_is_said_once_for_a_step() {
        let kept = Kept::default();
        let mut progress = Progress::new(&kept);
        progress.read(begun(&[&vertex("a", "RUN make"), &vertex("b", "RUN test")]));
        let clipped = "[output clipped, log limit 2MiB/s reached]\n";
        for step in ["a", "a", "b"] {
            progress.read(printed(step, 1, clipped));
        }
        let said = kept.0.lock().expect("nobody panicked").clone();
        let advised = |mark: &str| said.iter().filter(|l| l.starts_with(mark)).count();
        assert_eq!((advised("! #1"), advised("! #2"), said.len()), (1, 1, 7));
    }

    #[test]
    fn a_download_says_now_and_then_how_far_it_is() {
        let kept = Kept::default();
        let mut progress = Progress::new(&kept);
        progress.read(begun(&[&vertex("a", "FROM node")]));
        for (now, mib) in [(11, 1), (15, 10), (16, 12), (21, 30)] {
            progress.read(part(now, mib << 20, None));
        }
        progress.read(part(22, 40 << 20, time(22)));
        progress.read(part(22, 40 << 20, time(22)));
        let said = kept.0.lock().expect("nobody panicked").clone();
        let expected = [
            "#1 FROM node",
            "#1 | sha256:a 10.0 of 40.0 MiB",
            "#1 | sha256:a 30.0 of 40.0 MiB",
            "#1 | sha256:a 40.0 of 40.0 MiB done",
        ];
        assert_eq!(said, expected);
    }
}
