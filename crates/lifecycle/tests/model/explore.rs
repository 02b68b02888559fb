//! The exhaustive exploration.

use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::settings::{Setting, exhaustive};
use crate::world::{Event, World};

const HOLDS: &str = "every rule holds";

impl Model for Setting {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Event>) {
        actions.extend(world.events(self));
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = world.clone();
        next.apply(self, event);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(HOLDS, |setting: &Self, world: &World| {
            world.verdict(setting).is_none()
        })]
    }
}

/// Explores all that can happen, and fails with the shortest way to a broken rule.
fn explore(setting: &Setting) -> usize {
    let checker = setting
        .clone()
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let states = checker.unique_state_count();
    println!("{}: {states} states", setting.name);
    if let Some(path) = checker.discovery(HOLDS) {
        let rule = path.last_state().verdict(setting).map_or("unknown", |rule| rule.text());
        let way: Vec<String> =
            path.into_actions().iter().map(|event| format!("  {event:?}")).collect();
        panic!("broken rule: {rule}\nin: {}\nway:\n{}", setting.name, way.join("\n"));
    }
    assert!(checker.is_done(), "{}: not explored to the end", setting.name);
    states
}

#[test]
fn every_rule_holds_in_every_reachable_world() {
    let states: usize = exhaustive().iter().map(explore).sum();
    println!("{states} states in all");
}
