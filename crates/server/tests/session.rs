//! Sessions of Socket.IO that begin with polling, as most clients' do.

use tokio_tungstenite::connect_async;

use crate::world::{Answer, Socket, World, within};

impl World {
    /// Opens one; the path of all that follows.
    pub(crate) async fn polling(&self) -> String {
        let open = self.get("/socket.io/?EIO=4&transport=polling").await.text;
        let open: serde_json::Value =
            serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
        assert_eq!(open["upgrades"][0], "websocket");
        format!("/socket.io/?EIO=4&transport=polling&sid={}", open["sid"].as_str().unwrap())
    }

    /// Says this in one.
    pub(crate) async fn say(&self, polling: &str, packets: &str) -> Answer {
        let text = [("content-type", "text/plain;charset=UTF-8")];
        self.call("POST", polling, &text, packets).await
    }

    /// Goes on with a WebSocket.
    pub(crate) async fn upgraded(&self, polling: &str) -> Socket {
        let path = polling.replace("transport=polling", "transport=websocket");
        let url = format!("ws://{}{path}", self.address);
        let (stream, _) = within("WebSocket", connect_async(url)).await.unwrap();
        let mut socket = Socket { stream };
        socket.send("2probe").await;
        assert_eq!(socket.frame().await.unwrap(), "3probe");
        socket.send("5").await;
        socket
    }
}
