//! The programs that are compared, and their settings.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::rows::Target;
use super::{STUB_PORTS, TLS_PORT, ports};
use crate::process::{Cores, Process, wait_for_port, wait_until};
use crate::stub::{BLOCK_TIME_SECS, CHAIN_ID};

/// Where nginx, HAProxy and Seawall listen, and Seawall's status page.
const PORTS: [u16; 4] = [27_201, 27_202, 27_203, 27_204];

/// A program that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// nginx as a reverse proxy.
    Nginx,
    /// HAProxy.
    Haproxy,
    /// The gateway, with everything on.
    Seawall,
}

/// What is behind a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upstreams {
    /// Three healthy ones.
    Plain,
    /// Two healthy ones and one that answers probes but fails calls.
    Sick,
    /// Three behind TLS.
    Tls,
}

/// What all programs of a benchmark share.
#[derive(Debug)]
pub(super) struct World<'a> {
    /// Where settings are written.
    pub(super) folder: &'a Path,
    seawall: &'a Path,
    certificate: PathBuf,
    key: PathBuf,
}

impl<'a> World<'a> {
    /// Makes the certificate that the TLS front shows.
    pub(super) fn new(folder: &'a Path, seawall: &'a Path) -> Result<Self> {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made =
            rcgen::generate_simple_self_signed(names).context("cannot make a certificate")?;
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        fs::write(&certificate, made.cert.pem())?;
        fs::write(&key, made.signing_key.serialize_pem())?;
        Ok(Self { folder, seawall, certificate, key })
    }

    fn write(&self, name: &str, text: &str) -> Result<String> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path.display().to_string())
    }
}

/// What each program says it is.
///
/// # Errors
/// Where one is missing, with how to install it.
pub(super) fn versions(seawall: &Path) -> Result<Vec<String>> {
    let asked: [(&str, &Path, &str); 4] = [
        ("nginx", Path::new("nginx"), "-v"),
        ("HAProxy", Path::new("haproxy"), "-v"),
        ("wrk", Path::new("wrk"), "-v"),
        ("Seawall", seawall, "--version"),
    ];
    asked.into_iter().map(|(name, program, word)| version(name, program, word)).collect()
}

fn version(name: &str, program: &Path, word: &str) -> Result<String> {
    let remedy = match name {
        "Seawall" => "cargo build --release -p seawall",
        _ => "on Debian: apt-get install nginx-light haproxy wrk",
    };
    let output = Command::new(program)
        .arg(word)
        .output()
        .with_context(|| format!("{name} does not run here ({remedy})"))?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().next().unwrap_or(name).trim_start_matches("nginx version: ").to_owned())
}

/// Where a program listens.
pub(super) fn address(peer: Peer) -> SocketAddr {
    let port = match peer {
        Peer::Nginx => PORTS[0],
        Peer::Haproxy => PORTS[1],
        Peer::Seawall => PORTS[2],
    };
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Starts a program and waits until it serves.
pub(super) fn start(
    world: &World<'_>,
    target: &Target,
    upstreams: Upstreams,
    cores: &Cores,
) -> Result<Process> {
    let port = address(target.peer).port();
    let process = match target.peer {
        Peer::Nginx => {
            let file = world.write("nginx.conf", &nginx(world, target.workers, upstreams))?;
            let words = ["-p", &world.folder.display().to_string(), "-c", &file];
            Process::start(Path::new("nginx"), &words, &[], cores)?
        }
        Peer::Haproxy => {
            let file = world.write("haproxy.cfg", &haproxy(target.workers, upstreams))?;
            Process::start(Path::new("haproxy"), &["-db", "-q", "-f", &file], &[], cores)?
        }
        Peer::Seawall => {
            let file = world.write("seawall.toml", &seawall(target.workers, upstreams))?;
            let words = ["gateway", "--config", &file];
            // The certificate is its own authority, and the only one that this process trusts.
            let trust =
                [("SSL_CERT_FILE", world.certificate.as_path()), ("RUST_LOG", Path::new("error"))];
            Process::start(world.seawall, &words, &trust, cores)?
        }
    };
    wait_for_port(port)?;
    if target.peer == Peer::Seawall {
        wait_until("the gateway is not ready", || is_ready(port).unwrap_or(false))?;
        // The first probes of every kind are over by then.
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    Ok(process)
}

fn is_ready(port: u16) -> Result<bool> {
    let mut stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port)))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text.starts_with("HTTP/1.1 200"))
}

/// TLS in front of the stub, on the load's core.
pub(super) fn start_tls_front(world: &World<'_>, cores: &Cores) -> Result<Process> {
    let servers: String =
        STUB_PORTS[..3].iter().map(|port| format!("server 127.0.0.1:{port};")).collect();
    let text = format!(
        "{}
http {{
  access_log off;
  keepalive_requests 1000000000; keepalive_timeout 300s;
  upstream stub {{ {servers} keepalive 2048; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{TLS_PORT} ssl backlog=4096;
    ssl_certificate {}; ssl_certificate_key {};
    location / {{ proxy_pass http://stub; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}
  }}
}}",
        nginx_head("tls", 1),
        world.certificate.display(),
        world.key.display()
    );
    let file = world.write("tls.conf", &text)?;
    let words = ["-p", &world.folder.display().to_string(), "-c", &file];
    let process = Process::start(Path::new("nginx"), &words, &[], cores)?;
    wait_for_port(TLS_PORT)?;
    Ok(process)
}

fn nginx_head(name: &str, workers: u8) -> String {
    format!(
        "daemon off; pid {name}.pid; error_log {name}.log; worker_processes {workers}; \
         worker_rlimit_nofile 16384;\nevents {{ worker_connections 8192; }}"
    )
}

fn nginx(world: &World<'_>, workers: u8, upstreams: Upstreams) -> String {
    let servers: String =
        ports(upstreams).iter().map(|port| format!("server 127.0.0.1:{port};")).collect();
    let scheme = if upstreams == Upstreams::Tls { "https" } else { "http" };
    let retry = if upstreams == Upstreams::Sick {
        "proxy_next_upstream error timeout http_500 non_idempotent;"
    } else {
        ""
    };
    format!(
        "{}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000000; keepalive_timeout 300s; client_body_buffer_size 64k;
  proxy_buffer_size 32k; proxy_buffers 16 32k; proxy_busy_buffers_size 64k; proxy_max_temp_file_size 0;
  upstream stub {{ {servers} keepalive 2048; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass {scheme}://stub; proxy_http_version 1.1; proxy_set_header Connection \"\"; {retry}
    }}
  }}
}}",
        nginx_head("nginx", workers),
        folder = world.folder.display(),
        port = address(Peer::Nginx).port(),
    )
}

fn haproxy(workers: u8, upstreams: Upstreams) -> String {
    let extra = match upstreams {
        Upstreams::Plain => "",
        Upstreams::Sick => "check observe layer7 error-limit 10 on-error mark-down",
        Upstreams::Tls => "ssl verify none",
    };
    let retry = if upstreams == Upstreams::Sick { "retry-on all-retryable-errors" } else { "" };
    let servers: String = ports(upstreams)
        .iter()
        .zip(1..)
        .map(|(port, nth)| format!("  server s{nth} 127.0.0.1:{port} {extra}\n"))
        .collect();
    format!(
        "global
  nbthread {workers}
  maxconn 8192
  tune.bufsize 32768
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
frontend front
  bind 127.0.0.1:{port} backlog 4096
  default_backend back
backend back
  balance roundrobin
  http-reuse always
  option redispatch 1
  {retry}
{servers}",
        port = address(Peer::Haproxy).port(),
    )
}

fn seawall(workers: u8, upstreams: Upstreams) -> String {
    let scheme = if upstreams == Upstreams::Tls { "https" } else { "http" };
    let upstreams: String = ports(upstreams)
        .iter()
        .zip(["one", "two", "three"])
        .map(|(port, name)| {
            format!(
                "[[gateway.chain.upstream]]\nname = \"{name}\"\noperator = \"{name}\"\n\
                 http = \"{scheme}://127.0.0.1:{port}/\"\n"
            )
        })
        .collect();
    format!(
        "[gateway]\nlisten = \"{}\"\nworkers = {workers}\n\
         [[gateway.chain]]\nname = \"bench\"\nid = {CHAIN_ID}\nblock_time = \"{BLOCK_TIME_SECS}s\"\n\
         {upstreams}[status]\nlisten = \"127.0.0.1:{}\"\n",
        address(Peer::Seawall),
        PORTS[3],
    )
}
