//! The groups of a process that are kept for its next generations.

use std::fs;
use std::time::Duration;

use process::Command;

use crate::common::{command, spawner, within};

/// How many descriptors of groups of this name are open, two for each group.
fn descriptors(name: &str) -> usize {
    let part = format!("/{name}");
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let targets = open.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.filter(|target| target.to_string_lossy().contains(&part)).count()
}

#[tokio::test]
async fn they_stay_few_however_many_generations_lived_at_once() {
    let spawner = spawner(true);
    let mut children = Vec::new();
    for generation in 1..=12 {
        let one = Command { generation, name: "manifold".into(), ..command(&["sleep", "1000"]) };
        children.push(within(spawner.spawn(one)).await.unwrap());
    }
    for child in &mut children {
        child.tree().signal(15).unwrap();
        within(child.exited()).await;
        within(child.tree().emptied()).await;
    }
    drop(children);
    within(async {
        // The thread takes them back when it comes to it.
        while descriptors("manifold") > 2 * 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
