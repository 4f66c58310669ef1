//! What happened, and who did it.

use super::{MIN, SHOP, Scene, deployment_id, project_id};
use domain::id::EventId;
use domain::time::Time;
use domain::view::EventView;

impl Scene {
    pub fn events(self, older: bool) -> Vec<EventView> {
        let list = [
            (
                "ada@example.com",
                "started the update of shop / production to v1.4.2",
                Some(12),
            ),
            (
                "Sealdock",
                "failed deployment #13 of shop: the build ended with code 101",
                Some(13),
            ),
            (
                "ada@example.com",
                "updated shop / production to v1.5.0-rc.1",
                Some(13),
            ),
            (
                "grace@example.com",
                "changed the configuration of vision-api / production: LOG_LEVEL",
                None,
            ),
            (
                "Sealdock",
                "switched shop / production to v1.4.1 (#11) and drained v1.4.0",
                Some(11),
            ),
            (
                "grace@example.com",
                "invited a-very-long-name.of-someone@subdomain.example.com as viewer",
                None,
            ),
        ];
        let begin = if older { 900 } else { 0 };
        let event =
            |(i, (who, sentence, deployment)): (usize, (&str, &str, Option<u128>))| EventView {
                id: EventId::new(Time(1), begin as u128 + i as u128),
                at: self.ago(begin * MIN + (i * i) as i64 * 37 * MIN),
                who: who.into(),
                sentence: sentence.into(),
                project: Some(project_id(SHOP)),
                project_name: Some("shop".into()),
                deployment: deployment.map(deployment_id),
            };
        list.into_iter()
            .cycle()
            .take(18)
            .enumerate()
            .map(event)
            .collect()
    }
}
