//! How many streams one user may hold open at once.

use domain::id::UserId;
use domain::refusal::{Kind, Refusal};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone)]
pub struct Slots {
    per_user: usize,
    taken: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// Given back when dropped.
pub struct Slot {
    user: UserId,
    slots: Slots,
}

impl Slots {
    pub fn new(per_user: usize) -> Self {
        Self {
            per_user,
            taken: Arc::default(),
        }
    }

    pub fn take(&self, user: &UserId) -> Result<Slot, Refusal> {
        let mut taken = self.lock();
        let count = taken.entry(user.clone()).or_default();
        if *count >= self.per_user {
            return Err(too_many(self.per_user));
        }
        *count += 1;
        Ok(Slot {
            user: user.clone(),
            slots: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        if let Some(count) = taken.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.user);
            }
        }
    }
}

fn too_many(limit: usize) -> Refusal {
    let sentence = format!("You have {limit} streams open already, which is the limit.");
    Refusal::new(Kind::TooMany, "too_many_streams", sentence)
        .way_out("Close other tabs or `logs -f` commands.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Time;

    #[test]
    fn a_slot_is_given_back_and_users_do_not_share() {
        let (slots, a, b) = (
            Slots::new(1),
            UserId::new(Time(1), 1),
            UserId::new(Time(1), 2),
        );
        let first = slots.take(&a).unwrap();
        assert!(slots.take(&a).is_err());
        assert!(slots.take(&b).is_ok());
        drop(first);
        assert!(slots.take(&a).is_ok());
        assert!(slots.lock().is_empty());
    }
}
