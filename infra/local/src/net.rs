//! Listeners on the loopback interface.

use axum::{Router, extract::connect_info::IntoMakeServiceWithConnectInfo, serve::ListenerExt};
use tokio::net::TcpListener;

/// A port on `127.0.0.1` and, if it is free, the same port on `::1`: `localhost` may be either.
pub(crate) struct Listener {
    pub(crate) port: u16,
    v4: TcpListener,
    v6: Option<TcpListener>,
}

/// Binds a port on `127.0.0.1`; 0 is any free port.
pub(crate) async fn bind(port: u16) -> std::io::Result<Listener> {
    let v4 = TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(Listener { port: v4.local_addr()?.port(), v4, v6: None })
}

impl Listener {
    /// The URL of the port on `127.0.0.1`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Binds the same port on `::1`, too, if it is free.
    pub(crate) async fn with_v6(mut self) -> Self {
        self.v6 = TcpListener::bind(("::1", self.port)).await.ok();
        self
    }

    pub(crate) fn into_v4(self) -> TcpListener {
        self.v4
    }

    /// Serves until the future is dropped.
    pub(crate) async fn serve(self, router: Router) {
        let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
        let second = self.v6.map(|listener| tokio::spawn(accept(listener, service.clone())));
        accept(self.v4, service).await;
        if let Some(second) = second {
            second.abort();
        }
    }
}

async fn accept(
    listener: TcpListener,
    service: IntoMakeServiceWithConnectInfo<Router, std::net::SocketAddr>,
) {
    // Without Nagle's algorithm: small answers must not wait for the peer's delayed acknowledgement.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    if let Err(error) = axum::serve(listener, service).await {
        crate::logs::log("local", &format!("a listener stopped: {error}"));
    }
}
