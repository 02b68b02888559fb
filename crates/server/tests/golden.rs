//! Frames of Socket.IO as they go over the wire, letter by letter, with what differs from run to run replaced.
//!
//! A change here is a change of the contract.

use regex::Regex;

use crate::world::{Socket, World, shell, within};

const ZERO: &str = r#""restarts":0,"restart":null,"exit":null,"autostart":false}"#;

const QWEN: &str = r#"{"id":"qwen-proxy","name":"Qwen","type":"qwen","baseUrl":"http://127.0.0.1:3000/v1","enabled":true,"priority":0,"description":"Qwen, by the Qwen proxy","hasApiKey":false,"createdAt":T,"updatedAt":T}"#;
const LM_STUDIO: &str = r#"{"id":"lm-studio","name":"LM Studio","type":"lm-studio","baseUrl":"http://127.0.0.1:1234/v1","enabled":true,"priority":0,"description":"LM Studio on this machine","hasApiKey":false,"createdAt":T,"updatedAt":T}"#;
const OLLAMA: &str = r#"{"id":"ollama","name":"Ollama","type":"ollama","baseUrl":"http://127.0.0.1:11434/v1","enabled":true,"priority":0,"description":"Ollama on this machine","hasApiKey":false,"createdAt":T,"updatedAt":T}"#;

fn normal(frame: &str) -> String {
    let mut text = frame.to_owned();
    for (pattern, replacement) in [
        (r#""epoch":"[0-9a-f]{16}""#, r#""epoch":"E""#),
        (r#""timestamp":"[0-9T:.-]+Z""#, r#""timestamp":"ISO""#),
        (
            r#""(since|startedAt|readyAt|timestamp|time|createdAt|updatedAt|expiresAt)":\d{13}"#,
            r#""$1":T"#,
        ),
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
    let rest = format!(
        r#""providers":{{"items":[{QWEN},{LM_STUDIO},{OLLAMA}],"total":3,"enabled":3}},"models":{{"items":[],"total":0}},"credentials":{{"valid":false,"hasCredentials":false,"isExpired":false,"expiresAt":null}}"#
    );
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

#[tokio::test]
async fn frames_of_the_catalog_are_the_contracts() {
    let world = World::new(vec![shell("a", "exec sleep 1000")]).await;
    let mut socket = Socket::joined(world.address).await;
    assert_eq!(socket.event().await.0, "proxy:status");
    let json = [("content-type", "application/json")];
    let call = async |method: &str, path: &str, body: &str| {
        let answer = world.call(method, path, &json, body).await;
        assert!(answer.status < 300, "{}", answer.text);
    };
    call("DELETE", "/api/providers/lm-studio", "").await;
    call("POST", "/api/providers/ollama/disable", "").await;
    call("POST", "/api/models", r#"{"id":"m","providerId":"ollama","capabilities":["chat"]}"#)
        .await;
    call("POST", "/api/qwen/credentials", r#"{"apiKey":"sk-x","expiresAt":1600000000000}"#).await;
    call("DELETE", "/api/qwen/credentials", "").await;
    let mut expect = async |expected: String| {
        assert_eq!(normal(&socket.frame().await.unwrap()), expected);
    };
    expect(format!(
        r#"42["providers:updated",{{"action":"deleted","providerId":"lm-studio","items":[{QWEN},{OLLAMA}],"total":2,"enabled":2,"timestamp":"ISO"}}]"#
    ))
    .await;
    let ollama = OLLAMA.replace(r#""enabled":true"#, r#""enabled":false"#);
    expect(format!(
        r#"42["providers:updated",{{"action":"disabled","providerId":"ollama","items":[{QWEN},{ollama}],"total":2,"enabled":1,"timestamp":"ISO"}}]"#
    ))
    .await;
    let model = r#"{"id":"m","name":"m","providerId":"ollama","upstreamModel":"m","capabilities":["chat"],"createdAt":T,"updatedAt":T}"#;
    expect(format!(
        r#"42["models:updated",{{"action":"created","modelId":"m","items":[{model}],"total":1,"timestamp":"ISO"}}]"#
    ))
    .await;
    expect(
        r#"42["credentials:updated",{"action":"updated","hasCredentials":true,"isValid":false,"isExpired":true,"expiresAt":T,"timestamp":"ISO"}]"#
            .to_owned(),
    )
    .await;
    expect(
        r#"42["credentials:updated",{"action":"deleted","hasCredentials":false,"isValid":false,"isExpired":false,"expiresAt":null,"timestamp":"ISO"}]"#
            .to_owned(),
    )
    .await;
    world.end().await;
}
