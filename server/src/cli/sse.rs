//! Server-sent events, taken apart: bytes in, whole events out.

/// One event; fields that were not sent are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub id: String,
    pub data: String,
}

/// What came and is not a whole event yet.
#[derive(Default)]
pub struct Parser {
    rest: Vec<u8>,
    event: Event,
}

impl Parser {
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.rest.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            events.extend(self.line(line.trim_end_matches(['\n', '\r'])));
        }
        events
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (event != Event::default()).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event.name = value.to_owned(),
            "id" => self.event.id = value.to_owned(),
            "data" if self.event.data.is_empty() => self.event.data = value.to_owned(),
            "data" => self.event.data = format!("{}\n{value}", self.event.data),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_whole_however_they_are_cut() {
        let text =
            ": heartbeat\n\nid: 7\ndata: {\"é\"\ndata: :1}\n\nevent: end\r\ndata: complete\r\n\r\n"
                .as_bytes();
        let whole = Parser::default().feed(text);
        assert_eq!(whole.len(), 2);
        assert_eq!(
            (whole[0].id.as_str(), whole[0].data.as_str()),
            ("7", "{\"é\"\n:1}")
        );
        assert_eq!(
            (whole[1].name.as_str(), whole[1].data.as_str()),
            ("end", "complete")
        );
        let mut parser = Parser::default();
        let cut: Vec<_> = text.iter().flat_map(|b| parser.feed(&[*b])).collect();
        assert_eq!(cut, whole);
    }
}
