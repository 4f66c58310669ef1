//! What happens behind Sealdock's back.

use super::{FakeDriver, server};
use domain::id::InstanceId;

impl FakeDriver {
    /// Someone removed it.
    pub fn vanish(&self, id: &InstanceId) {
        let environment = self.room.world().vanish(id);
        environment
            .iter()
            .for_each(|environment| self.room.changed(environment));
    }

    /// Its program ends.
    pub fn exit(&self, id: &InstanceId, code: i64) {
        let environment = self.room.world().kill(id, code);
        environment
            .iter()
            .for_each(|environment| self.room.changed(environment));
    }

    /// As after a restart of the Engine: it runs again, somewhere else.
    pub fn restart_with_new_port(&self, id: &InstanceId) {
        let mut world = self.room.world();
        let Some((spec, knob)) = world
            .get(id)
            .map(|instance| (instance.spec.clone(), instance.knob))
        else {
            return;
        };
        let started = world.start(&spec, knob, self.room.clock.now(), || {
            server::open(&self.room, &spec)
        });
        drop(world);
        if let Err(error) = started {
            tracing::warn!(instance = %id, %error, "a fake instance did not restart");
        }
        self.room.changed(&spec.environment);
    }
}
