//! What is true in Sealdock, as pure functions and plain data. The server decides with it, the
//! browser disables buttons with it, and the tests hold both to it. No clock, no randomness, no
//! I/O: time and entropy are parameters. It compiles for native and for wasm.
//!
//! # The model
//!
//! A team deploys a *project*. A project has *environments* (`production`, `staging`), each with
//! its own hosts, configuration and runtime. A *deployment* is one immutable version in one
//! environment: a pinned [source](source::Source), a [configuration](config::Config), and later
//! the [artifact](source::Artifact) that its [jobs](job) make. Only its
//! [phase](deployment::Phase) changes, and [`Phase::on`](deployment::Phase::on) is the only way.
//!
//! An environment points to at most one *active* deployment, which serves, and at most one
//! *candidate*, which is on its way. Serving is that pointer, never a phase. A deployment runs as
//! *instances*; their [ids](id::InstanceId) are computed, so that whoever crashed in the middle
//! finds again what it made.
//!
//! # One loop
//!
//! Nothing here is told what to do next. The server gathers a [`World`](plan::world::World): the
//! rows (intent), what drivers and data plane show (observation), and the time. [`plan::plan`]
//! answers with the exact next steps and one sentence per deployment that says why. The server
//! does the steps, each of them idempotent, and looks again. A click, a finished build, a failed
//! probe and a restart after a crash all only cause another look. So there is no recovery code:
//! recovery is the loop.
//!
//! # What always holds
//!
//! One active deployment per environment. The route is published, and acknowledged, before a row
//! says *live*. What serves is not removed before its successor serves, unless both need the same
//! exclusive hardware; then the old one is seen to be gone before the new one starts, and the
//! [plan that a person confirms](preview) says so beforehand. Only what passed its latest probe
//! takes traffic. A candidate that fails touches nothing of the active one. What has ended
//! converges to no instances. A runtime that does not answer is not guessed about.
//! `plan/invariants.rs` holds each of these over generated worlds.
//!
//! # Where to look
//!
//! [`api`] is everything the product can do: read it first. [`plan`] is the heart. A rule that
//! both the page and the server apply is in [`can`] (the state allows it) or [`access`] (the role
//! does); a "no" is a [`refusal::Refusal`]. Each product's own words are in [`dialect`]; what
//! pages and API answer is in [`view`].

#![warn(missing_docs)]

pub mod access;
pub mod admission;
pub mod api;
pub mod attest;
pub mod build_log;
pub mod can;
pub mod config;
pub mod credential;
pub mod cron;
pub mod custom_domain;
pub mod deployment;
pub mod detect;
pub mod dialect;
pub mod forge;
pub mod frontage;
pub mod graph;
pub mod hint;
pub mod hook;
pub mod id;
pub mod import;
pub mod instance;
pub mod job;
pub mod log_level;
pub mod name;
pub mod pipeline;
pub mod placement;
pub mod plan;
pub mod preset;
pub mod preview;
pub mod probe;
pub mod redact;
pub mod refusal;
pub mod retention;
pub mod reuse;
pub mod review;
pub mod route;
pub mod secret;
pub mod service;
pub mod source;
pub mod stack;
pub mod strategy;
pub mod terminal;
pub mod time;
pub mod traffic;
pub mod usage;
pub mod view;
