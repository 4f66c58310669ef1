//! Environment variables: one text area, `NAME=value` on each line; with wasm a row each.

use super::dynamic::{each, flag, text};
use super::icon::{Icon, icon};
use crate::draft::Fields;
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    key: u32,
    name: String,
    value: String,
}

pub fn env_editor(
    draft: RwSignal<Fields>,
    touched: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let as_rows = RwSignal::new(false);
    let rows = RwSignal::new(read(&draft.with_untracked(|d| d.env.clone())));
    Effect::new(move |_| as_rows.set(true));
    let set = move |change: &dyn Fn(&mut Vec<Row>)| {
        rows.update(change);
        draft.update(|d| d.env = written(&rows.get_untracked()));
        touched();
    };
    let add = move |_| {
        rows.update(|r| {
            r.push(Row {
                key: next_key(r),
                name: String::new(),
                value: String::new(),
            })
        })
    };
    view! {
        <fieldset>
            <legend id="env-legend">"Environment"</legend>
            <textarea
                class="input"
                class:hidden=as_rows
                name="choice[config][env]"
                rows="8"
                spellcheck="false"
                aria-labelledby="env-legend"
                aria-describedby="env-hint"
                prop:value=text(move || draft.with(|d| d.env.clone()))
            >{draft.with_untracked(|d| d.env.clone())}</textarea>
            <p class="hint" class:hidden=as_rows id="env-hint">"One NAME=value on each line."</p>
            <div class="env-rows" class:hidden=flag(move || !as_rows.get())>
                {each(rows, |row| row.key.to_string(), move |row| row_view(row.get_untracked(), set).into_any())}
                <div><button type="button" class="btn" on:click=add>{icon(Icon::Plus)}"Add a variable"</button></div>
            </div>
        </fieldset>
    }
    .into_any()
}

fn row_view(
    row: Row,
    set: impl Fn(&dyn Fn(&mut Vec<Row>)) + Copy + Send + Sync + 'static,
) -> AnyView {
    let key = row.key;
    let edit = move |part: fn(&mut Row) -> &mut String, text: String| {
        set(&move |rows| {
            rows.iter_mut()
                .filter(|r| r.key == key)
                .for_each(|r| *part(r) = text.clone())
        });
    };
    view! {
        <div class="env-row">
            <input class="input" aria-label="Name" placeholder="NAME" autocomplete="off" autocapitalize="off" spellcheck="false" value=row.name on:input:target=move |e| edit(|r| &mut r.name, e.target().value())/>
            <input class="input" aria-label="Value" placeholder="value" autocomplete="off" autocapitalize="off" spellcheck="false" value=row.value on:input:target=move |e| edit(|r| &mut r.value, e.target().value())/>
            <button type="button" class="btn-icon" aria-label="Remove this variable" on:click=move |_| set(&move |rows| rows.retain(|r| r.key != key))>{icon(Icon::X)}</button>
        </div>
    }
    .into_any()
}

fn read(text: &str) -> Vec<Row> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    (0..)
        .zip(pairs)
        .map(|(key, (name, value))| Row {
            key,
            name: name.into(),
            value: value.into(),
        })
        .collect()
}

/// Rows that say nothing are left out.
fn written(rows: &[Row]) -> String {
    let said = rows
        .iter()
        .filter(|r| !(r.name.trim().is_empty() && r.value.is_empty()));
    said.map(|r| format!("{}={}\n", r.name.trim(), r.value))
        .collect()
}

fn next_key(rows: &[Row]) -> u32 {
    rows.iter().map(|r| r.key + 1).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_text_say_the_same() {
        let text = "A=1\nB=x=y\n";
        assert_eq!(written(&read(text)), text);
        let empty = Row {
            key: 9,
            name: " ".into(),
            value: String::new(),
        };
        assert_eq!(written(std::slice::from_ref(&empty)), "");
        assert_eq!(next_key(&[empty]), 10);
    }
}
