//! Frames of Socket.IO as they go over the wire, letter by letter, with what differs from run to run replaced.
//!
//! A change here is a change of the contract.

use regex::Regex;

use crate::world::{Socket, World, shell, within};

const ZERO: &str = r#""restarts":0,"restart":null,"exit":null,"autostart":false}"#;

fn normal(frame: &str) -> String {
    let mut text = frame.to_owned();
    for (pattern, replacement) in [
        (r#""epoch":"[0-9a-f]{16}""#, r#""epoch":"E""#),
        (r#""timestamp":"[0-9T:.-]+Z""#, r#""timestamp":"ISO""#),
        (r#""(since|startedAt|readyAt|timestamp|time)":\d{13}"#, r#""$1":T"#),
        (r#""afterMs":\d+"#, r#""afterMs":N"#),
        (r#""pid":\d+"#, r#""pid":P"#),
        (r#""sid":"[\w-]+""#, r#""sid":"S""#),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, replacement).into_owned();
    }
    text
}

#[tokio::test]
async fn frames_are_the_contracts() {
    let world = World::new(vec![shell("a", "echo hello; exec sleep 1000")]).await;
    let mut socket = Socket::connect(world.address, "").await;
    let mut expect = async |expected: String| {
        assert_eq!(normal(&socket.frame().await.unwrap()), expected);
    };
    expect(r#"40{"sid":"S"}"#.to_owned()).await;
    let process = |rest: &str| format!(r#""a":{{"id":"a","title":"The a",{rest}"#);
    let nothing = r#""cause":null,"evidence":null,"survivors":null,"killAt":null,"output":null"#;
    let stopped = process(&format!(
        r#""state":"stopped","running":false,"message":"Stopped","error":null,"port":null,"pid":null,"generation":0,"uptime":0,"since":T,"startedAt":null,"readyAt":null,{nothing},{ZERO}"#
    ));
    let rest = r#""providers":{"items":[],"total":0,"enabled":0},"models":{"items":[],"total":0},"credentials":{"valid":false,"hasCredentials":false,"isExpired":false,"expiresAt":null}"#;
    expect(format!(
        r#"42["proxy:status",{{"status":{{"status":"stopped",{stopped},{rest},"message":"Stopped","seq":0,"epoch":"E"}},"timestamp":"ISO"}}]"#
    ))
    .await;
    world.post("/api/processes/a/start").await;
    let starting = process(&format!(
        r#""state":"starting","running":false,"message":"Starting...","error":null,"port":null,"pid":null,"generation":1,"uptime":0,"since":T,"startedAt":null,"readyAt":null,{nothing},{ZERO}"#
    ));
    expect(format!(r#"42["lifecycle:update",{{{starting},"timestamp":T,"seq":1,"epoch":"E"}}]"#))
        .await;
    let evidence = r#"{"line":null,"port":null,"listenerPid":null,"http":null,"afterMs":N}"#;
    let running = process(&format!(
        r#""state":"running","running":true,"message":"Running","error":null,"port":null,"pid":P,"generation":1,"uptime":0,"since":T,"startedAt":T,"readyAt":T,"cause":null,"evidence":{evidence},"survivors":null,"killAt":null,"output":null,{ZERO}"#
    ));
    expect(format!(r#"42["lifecycle:update",{{{running},"timestamp":T,"seq":2,"epoch":"E"}}]"#))
        .await;
    expect(format!(
        r#"42["proxy:status",{{"status":{{"status":"running",{running},{rest},"message":"Running","seq":2,"epoch":"E"}},"timestamp":"ISO"}}]"#
    ))
    .await;
    within("line", async {
        while world.supervisor.logs("a").unwrap().tail(1).await.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    socket.send(r#"420["logs:subscribe",{"process":"a","tail":5}]"#).await;
    let mut expect = async |expected: &str| {
        assert_eq!(normal(&socket.frame().await.unwrap()), expected);
    };
    expect(r#"430[{"ok":true}]"#).await;
    expect(r#"42["log:line",{"process":"a","seq":1,"time":T,"stream":"stdout","text":"hello"}]"#)
        .await;
    socket.send(r#"421["logs:subscribe",{"process":"x"}]"#).await;
    let error = r#"{"message":"There is no process `x`; there are: a","type":"not_found_error","code":"unknown_process"}"#;
    assert_eq!(socket.frame().await.unwrap(), format!(r#"431[{{"ok":false,"error":{error}}}]"#));
    world.end().await;
}
