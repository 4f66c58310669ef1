//! Who is in the organization, and inviting more.

use crate::answer::Answer;
use crate::boot::caller;
use crate::error::Fault;
use crate::parts::dynamic::{dynamic, flag};
use crate::parts::here::here;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::once::once;
use crate::parts::refused::{last_fault, refused};
use crate::parts::role_field::role_field;
use crate::parts::settings_tabs::settings_head;
use crate::parts::times::ago;
use crate::paths;
use crate::read::Read;
use crate::server_fns::accounts::{Invite, RemoveMember, members};
use domain::access::{Action, Role};
use domain::view::{InvitationView, MemberView};
use leptos::form::{ActionForm, FromFormData};
use leptos::prelude::*;
use leptos::web_sys::SubmitEvent;

#[component]
pub fn Members() -> impl IntoView {
    let (invite, remove) = (
        ServerAction::<Invite>::new(),
        ServerAction::<RemoveMember>::new(),
    );
    let data = Read::new(move || remove.version().get(), |_| members());
    let posted = Read::new(|| (), |()| posted());
    view! {
        {settings_head("Settings")}
        <div class="two">
            <section>
                <h2 class="mb-3">"Members"</h2>
                {last_fault::<()>(remove.value())}
                {loaded(data, Skeleton::Lines(4), move |list| table(list, remove))}
            </section>
            {form(invite, posted)}
        </div>
    }
}

fn form(invite: ServerAction<Invite>, posted: Read<Option<InvitationView>>) -> AnyView {
    let no = caller().and_then(|c| c.may(Action::ManageMembers).err());
    let barred = no.is_some();
    let submit = move |event: SubmitEvent| {
        if let Ok(input) = Invite::from_event(&event) {
            event.prevent_default();
            invite.dispatch(input);
        }
    };
    view! {
        <form method="post" action=paths::MEMBERS class="form-card" on:submit=submit>
            <h2>"Invite somebody"</h2>
            <Transition>{dynamic(move || posted.get().map(|answer| match answer { Ok(None) => ().into_any(), Ok(Some(new)) => shown(Ok(new)), Err(no) => shown(Err(no)) }))}</Transition>
            {dynamic(move || invite.value().get().map(shown))}
            <div class="field"><label for="email">"Email"</label><input class="input" id="email" name="email" type="email" required autocomplete="off" disabled=barred/></div>
            {role_field(Role::Owner)}
            {no.map(|no| view! { <p class="why-not" id="why-invite">{no.sentence}</p> })}
            <button class="btn btn-primary" disabled=flag(move || barred || invite.pending().get()) aria-describedby=barred.then_some("why-invite")>"Create the invitation"</button>
        </form>
    }
    .into_any()
}

fn shown(answer: Result<InvitationView, Fault>) -> AnyView {
    match answer {
        Ok(new) => once(
            "Send them this link. It works once, for seven days.",
            format!("{}/join?token={}", here(), new.token),
        ),
        Err(no) => refused(&no.0).into_any(),
    }
}

#[cfg(feature = "ssr")]
async fn posted() -> Result<Answer<Option<InvitationView>>, Fault> {
    let form = use_context::<crate::call::Posted>().unwrap_or_default().0;
    let (Some(email), Some(role)) = (
        form.get("email"),
        form.get("role").and_then(|r| Role::parse(r)),
    ) else {
        return Ok(Answer::none());
    };
    crate::server_fns::accounts::invite(email.clone(), role)
        .await
        .and_then(|new| Answer::of(Some(new)))
}

#[cfg(not(feature = "ssr"))]
async fn posted() -> Result<Answer<Option<InvitationView>>, Fault> {
    Ok(Answer::none())
}

fn table(list: Signal<Vec<MemberView>>, remove: ServerAction<RemoveMember>) -> AnyView {
    view! {
        <div class="panel scroll-x" tabindex="0" role="region" aria-label="List"><table class="table">
            <thead><tr><th scope="col">"Email"</th><th scope="col">"Role"</th><th scope="col">"Since"</th><th><span class="sr-only">"Actions"</span></th></tr></thead>
            <tbody>{dynamic(move || list.with(|l| l.iter().cloned().map(|member| row(member, remove)).collect_view()))}</tbody>
        </table></div>
    }
    .into_any()
}

fn row(member: MemberView, remove: ServerAction<RemoveMember>) -> AnyView {
    let me = caller();
    let mine = me.as_ref().is_some_and(|c| c.user == member.user);
    let may = me.is_some_and(|c| c.may(Action::ManageMembers).is_ok());
    let user = member.user.to_string();
    let label = format!("Remove {}", member.email);
    let button = (may && !mine).then(|| {
        view! {
            <ActionForm action=remove>
                <input type="hidden" name="user" value=user/>
                <button class="btn" aria-label=label>"Remove"</button>
            </ActionForm>
        }
    });
    view! {
        <tr>
            <td class="break"><b>{member.email.clone()}</b>{mine.then_some(" (you)")}</td>
            <td>{member.role.word()}</td>
            <td>{ago(member.since)}</td>
            <td class="right">{button}</td>
        </tr>
    }
    .into_any()
}
