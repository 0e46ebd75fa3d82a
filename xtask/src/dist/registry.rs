//! A component that is published is the component that is fetched: a real registry on loopback, asked by the few calls
//! that OCI's distribution specification has for it, with the artifact laid out as `wkg oci push` does.

use std::collections::BTreeMap;

use metric_testbed::{Finder, Registry};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use ureq::http::header::{CONTENT_TYPE, LOCATION};

use super::metadata::{self, Origin};
use crate::build::HostProfile;
use crate::component::Component;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(bytes))
}

/// A repository of a registry.
struct Repository {
    base: String,
}

impl Repository {
    fn upload(&self, blob: &[u8]) {
        let begun = ureq::post(format!("{}/blobs/uploads/", self.base))
            .send_empty()
            .unwrap();
        let place = begun.headers().get(LOCATION).unwrap().to_str().unwrap();
        let whole = ureq::put(place).query("digest", digest(blob));
        let stored = whole
            .content_type("application/octet-stream")
            .send(blob)
            .unwrap();
        assert_eq!(stored.status(), 201);
    }

    /// Puts a component there under a tag, with what it says of itself as annotations.
    fn push(&self, tag: &str, component: &[u8], annotations: &BTreeMap<String, String>) {
        let config = json!({
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [digest(component)],
        })
        .to_string();
        self.upload(config.as_bytes());
        self.upload(component);
        let descriptor = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": digest(bytes), "size": bytes.len()});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor("application/vnd.wasm.config.v0+json", config.as_bytes()),
            "layers": [descriptor("application/wasm", component)],
            "annotations": annotations,
        });
        let put = ureq::put(format!("{}/manifests/{tag}", self.base));
        let stored = put
            .header(CONTENT_TYPE, MANIFEST)
            .send(manifest.to_string())
            .unwrap();
        assert_eq!(stored.status(), 201);
    }

    /// Fetches the manifest under a tag, and the bytes of its one layer.
    fn pull(&self, tag: &str) -> (Value, Vec<u8>) {
        let asked = ureq::get(format!("{}/manifests/{tag}", self.base)).header("Accept", MANIFEST);
        let manifest = asked.call().unwrap().body_mut().read_to_string().unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        let layer = manifest["layers"][0]["digest"].as_str().unwrap();
        let mut blob = ureq::get(format!("{}/blobs/{layer}", self.base))
            .call()
            .unwrap();
        (manifest, blob.body_mut().read_to_vec().unwrap())
    }
}

#[test]
fn a_component_is_fetched_from_a_registry_as_it_was_published() {
    let program = match Finder::new().docker_registry() {
        Ok(program) => program,
        Err(missing) => {
            println!("left out: {missing}");
            return;
        }
    };
    let built = std::env::var_os("METRIC_PLUGIN")
        .map_or_else(|| HostProfile::Debug.plugin(), std::path::PathBuf::from);
    let built = std::fs::read(built).expect("`cargo xtask build` makes the plugin");
    let origin = Origin {
        source: Some("https://example.org/metric".to_owned()),
        revision: Some("0123abc".to_owned()),
    };
    let component = metadata::stamped(Component::Service, &built, &origin).unwrap();
    let annotations: BTreeMap<String, String> = metadata::fields(Component::Service, &origin)
        .into_iter()
        .chain([("title", metadata::name(Component::Service).to_owned())])
        .map(|(field, value)| (format!("org.opencontainers.image.{field}"), value))
        .collect();
    assert_eq!(annotations.len(), 7);

    let registry = Registry::start(&program).unwrap();
    let repository = Repository {
        base: format!("http://{}/v2/backendai/metric-service", registry.address()),
    };
    repository.push(env!("CARGO_PKG_VERSION"), &component, &annotations);
    let (manifest, fetched) = repository.pull(env!("CARGO_PKG_VERSION"));
    assert!(
        fetched == component,
        "{} bytes of {}",
        fetched.len(),
        component.len()
    );
    assert_eq!(manifest["annotations"], json!(annotations));
    assert_eq!(manifest["layers"][0]["digest"], digest(&component));
}
