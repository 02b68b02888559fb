//! Who listens where.

use std::net::{SocketAddr, TcpListener, TcpStream};

use process::{PortHolder, listeners, port_holder};

use crate::common::{badchild, both, end, read_until, until, within};

fn told_port(text: &str) -> u16 {
    text.trim().strip_prefix("port ").unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_listener_of_a_tree_is_found_behind_a_wrapper() {
    for spawner in both() {
        for address in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"] {
            let mut child = badchild(&spawner, &["wrap-listen", address]).await;
            let (mut stdout, _) = child.take_output();
            let port = told_port(&read_until(&mut stdout, "\n").await);
            let tree = child.tree();
            let owner = tree.listening_on(port).unwrap().unwrap();
            assert_ne!(owner.pid, child.pid());
            assert_eq!((owner.name.as_str(), owner.address.port()), ("badchild", port));
            assert_eq!(owner.address.ip(), address.parse::<SocketAddr>().unwrap().ip());
            assert_eq!(tree.listening_on(port).unwrap(), Some(owner.clone()), "asked again");
            let holder = PortHolder::Known { pid: owner.pid, name: "badchild".into() };
            // Somebody else may have the same number at an address of the other family.
            if address != "[::1]:0" {
                assert_eq!(port_holder(port).unwrap(), holder);
            }
            // The server dies, its wrapper lives: as behind `npm` or `node --watch`.
            kill(owner.pid);
            within(tree.member_exited(owner.pid)).await;
            assert!(!tree.is_empty());
            assert_eq!(tree.listening_on(port).unwrap(), None);
            end(&tree).await;
            within(child.exited()).await;
            assert_ne!(port_holder(port).unwrap(), holder);
        }
    }
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_strangers_listener_is_not_the_trees() {
    for spawner in both() {
        let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = stranger.local_addr().unwrap().port();
        let mut child = crate::common::sh(&spawner, "sleep 1000").await;
        assert_eq!(child.tree().listening_on(port).unwrap(), None);
        end(&child.tree()).await;
        within(child.exited()).await;
        let PortHolder::Known { pid, name } = port_holder(port).unwrap() else {
            panic!("it is ours")
        };
        assert_eq!(pid, std::process::id());
        assert_eq!(name, std::fs::read_to_string("/proc/self/comm").unwrap().trim());
    }
}

#[tokio::test]
async fn connections_are_no_listeners() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = TcpStream::connect(address).unwrap();
    let (server, _) = listener.accept().unwrap();
    let found = listeners(address.port()).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].address, address);
    assert_eq!(listeners(client.local_addr().unwrap().port()).unwrap(), []);
    drop(listener);
    // A child that another test makes may hold it until its program runs.
    until(|| listeners(address.port()).unwrap().is_empty()).await;
    assert_eq!(port_holder(address.port()).unwrap(), PortHolder::Nobody);
    drop((client, server));
}
