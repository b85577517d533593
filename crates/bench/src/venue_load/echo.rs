//! Bare echoes through axum: what a server costs that does nothing.

use std::net::TcpListener;

use anyhow::{Context as _, Result};
use axum::Router;
use runtime::task;

/// Serves at an address, on two threads with a runtime each, until the process is ended.
pub(crate) fn serve(address: &str) -> Result<()> {
    let listener = TcpListener::bind(address).with_context(|| format!("cannot bind {address}"))?;
    listener.set_nonblocking(true)?;
    let second = listener.try_clone()?;
    let other = std::thread::spawn(move || task::block_on(one(second)));
    task::block_on(one(listener))?;
    other.join().map_err(|_| anyhow::anyhow!("a thread broke"))?
}

/// One thread's share: whatever is asked, its address is the answer.
async fn one(listener: TcpListener) -> Result<()> {
    let echo = |uri: runtime::http::Uri| async move { uri.to_string() };
    let service = Router::new().fallback(echo).into_make_service();
    axum_server::from_tcp(listener)?.serve(service).await?;
    Ok(())
}
