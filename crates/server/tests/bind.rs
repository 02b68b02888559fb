//! Where a server may listen.

use server::{BindError, Options, Server, Token};

use crate::world::{World, sleeper};

fn options(listen: &str) -> Options {
    Options {
        listen: listen.parse().unwrap(),
        token: None,
        // Nothing is kept here.
        data_dir: "/proc/none".into(),
        allowed_origins: Vec::new(),
        tls: None,
        max_connections: 100_000,
    }
}

#[tokio::test]
async fn other_machines_need_a_token() {
    let world = World::new(vec![sleeper("a")]).await;
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let bound = Server::bind(options(listen), world.supervisor.clone()).await;
        assert!(matches!(bound, Err(BindError::TokenRequired { .. })), "{bound:?}");
    }
    let with_token = Options { token: Some(Token::new("x")), ..options("0.0.0.0:0") };
    let bound = Server::bind(with_token, world.supervisor.clone()).await.unwrap();
    assert_ne!(bound.address().port(), 0);
    world.end().await;
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let world = World::new(vec![sleeper("a")]).await;
    let address = world.address.to_string();
    let bound = Server::bind(options(&address), world.supervisor.clone()).await;
    let error = bound.unwrap_err();
    assert!(matches!(error, BindError::AddressInUse { .. }));
    assert_eq!(error.to_string(), format!("address {address} is already in use"));
    world.end().await;
}
