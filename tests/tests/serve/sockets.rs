//! Unix sockets: their mode, and what an earlier server left behind.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;

use metric_serve::{Listen, ListenError, ServeError, Server, SocketFile};
use metric_tests::Testbed;
use serde_json::json;

use crate::client::{get, post};
use crate::served::{config, loaded, options, query, serve_at};

fn at(path: &Path, for_group: bool) -> Listen {
    Listen::Socket(SocketFile {
        path: path.to_owned(),
        for_group,
    })
}

fn refused(listen: Listen) -> ServeError {
    let (host, plugin) = loaded(metric_host::Limits::default());
    let service = plugin.service(config("127.0.0.1:1".into())).unwrap();
    let mut options = options();
    options.listen = listen;
    let server = Server::bind(host, service, options);
    server.err().expect("it is refused")
}

#[tokio::test]
async fn a_socket_is_its_owners_or_its_groups_and_is_gone_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    for (name, for_group, mode) in [("own", false, 0o600), ("group", true, 0o660)] {
        let path = folder.path().join(name);
        let mut options = options();
        options.listen = at(&path, for_group);
        let (mut served, _) = serve_at(Testbed::shared().unwrap().server.address(), options);
        let found = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{found:o}");
        let body = json!({ "query": query() });
        let answer = post(&served.place, "/v1/query", &body).await.result();
        assert!(!answer["answer"]["series"].as_array().unwrap().is_empty());
        served.stop();
        served.ended().await;
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn what_is_in_the_way_is_removed_only_if_it_is_a_socket_that_nobody_answers_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metric.sock");
    // Dropped, its file stays: a server that was killed.
    drop(UnixListener::bind(&path).unwrap());
    let mut options = options();
    options.listen = at(&path, false);
    let (served, _) = serve_at("127.0.0.1:1".into(), options);
    assert_eq!(get(&served.place, "/healthz").await.status, 200);

    let in_use = refused(at(&path, false));
    assert!(
        matches!(in_use, ServeError::Listen(ListenError::InUse { .. })),
        "{in_use}"
    );
    assert_eq!(get(&served.place, "/healthz").await.status, 200);

    let file = folder.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for other in [&file, &link, folder.path()] {
        let refused = refused(at(other, false));
        assert!(
            matches!(refused, ServeError::Listen(ListenError::NoSocket { .. })),
            "{refused}"
        );
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}

#[tokio::test]
async fn beyond_this_machine_it_does_not_start_without_an_access_file() {
    for place in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = refused(place.parse().unwrap());
        assert!(
            matches!(refused, ServeError::Unguarded(_)),
            "{place}: {refused}"
        );
    }
}
