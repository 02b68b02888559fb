//! The random walk: the same worlds, with plans drawn at random, many more orders, generations and mishaps.

use lifecycle::{Plan, RestartMode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::settings::{ALL_ORDERS, Budget, Setting, answering, bare, listening, printing};
use crate::truth::Event;
use crate::world::World;

fn plans() -> impl Strategy<Value = Plan> {
    let modes = prop_oneof![
        Just(RestartMode::Never),
        Just(RestartMode::OnFailure),
        Just(RestartMode::Always)
    ];
    (any::<[bool; 3]>(), modes, 0..4u32, 1..4u32).prop_map(
        |([line, tcp, http], mode, max, failures)| {
            let mut plan = bare();
            plan = if line { printing(plan) } else { plan };
            plan = if tcp { listening(plan) } else { plan };
            plan = if http { answering(plan) } else { plan };
            plan.restart.mode = mode;
            plan.restart.max = max;
            plan.liveness_failures = failures;
            plan
        },
    )
}

fn settings() -> impl Strategy<Value = Setting> {
    (plans(), any::<bool>(), any::<bool>()).prop_map(|(plan, dependents, after)| Setting {
        name: "walk",
        plan,
        kinds: ALL_ORDERS,
        dependents,
        after,
        budget: Budget { orders: 40, mishaps: 60, forks: 30, windows: 20 },
    })
}

/// Takes one of the possible ways; three steps of four go to what is due, so that generations come and go.
fn choose(world: &World, setting: &Setting, choice: u16) -> Option<Event> {
    let due = world.due();
    let mut events =
        if !choice.is_multiple_of(4) && !due.is_empty() { due } else { world.events(setting) };
    let at = usize::from(choice / 4) % events.len().max(1);
    (at < events.len()).then(|| events.swap_remove(at))
}

/// Walks one world and then lets it come to rest; says what broke, and after which events.
fn walk(setting: &Setting, choices: &[u16]) -> Result<(), String> {
    let mut world = World::new(setting);
    let mut way = Vec::new();
    let mut choices = choices.iter();
    loop {
        if let Some(rule) = world.verdict(setting) {
            return Err(format!("broken rule: {}\nway: {way:#?}", rule.text()));
        }
        let next = match choices.next() {
            Some(choice) => choose(&world, setting, *choice),
            None => world.due().into_iter().next(),
        };
        let Some(event) = next else {
            return Ok(());
        };
        way.push(event.clone());
        world.apply(setting, event);
    }
}

proptest! {
    #![proptest_config(Config {
        cases: 150,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    })]

    #[test]
    fn every_rule_holds_on_random_walks(
        setting in settings(),
        choices in vec(any::<u16>(), 50..400),
    ) {
        walk(&setting, &choices).map_err(TestCaseError::fail)?;
    }
}
