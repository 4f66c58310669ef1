//! A stack trace as it would be decoded: every frame leads to the same line.

use domain::stack::Line;
use domain::view::{OriginalView, SourceLineView, TraceLineView, TraceView};

pub fn decoded(lines: &[Line]) -> TraceView {
    let frames = lines.iter().filter(|l| l.frame.is_some()).count() as u32;
    let line = |line: &Line| TraceLineView {
        text: line.text.clone(),
        original: line.frame.as_ref().map(|_| original()),
        unknown: None,
    };
    TraceView {
        lines: lines.iter().map(line).collect(),
        decoded: frames,
        frames,
    }
}

fn original() -> OriginalView {
    let text = [
        "function priceOf(item: Item): number {",
        "  if (!item.price) {",
        "    throw new Error(`${item.name} has no price`)",
        "  }",
        "  return item.price.cents",
    ];
    let line = |(number, text): (u32, &str)| SourceLineView {
        number,
        text: text.to_owned(),
    };
    OriginalView {
        file: "../src/basket.ts".into(),
        line: 10,
        column: 11,
        function: Some("priceOf".into()),
        source: (8..).zip(text).map(line).collect(),
    }
}
