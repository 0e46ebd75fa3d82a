//! The folders of the library know each other in one direction: the order is that of `src/lib.rs`.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "only the test calls the functions"
)]

use std::path::{Path, PathBuf};

use syn::{Item, UseTree};

/// The folders and files at the first level, the lowest first. Those of one line know nothing of each other.
const ORDER: &[&[&str]] = &[
    &["timers", "contract"],
    &["config", "observe"],
    &["egress", "load"],
    &["sandbox"],
    &["service"],
    &["host"],
    &["doctor", "internal"],
];

fn floor(module: &str) -> usize {
    ORDER
        .iter()
        .position(|floor| floor.contains(&module))
        .unwrap_or_else(|| panic!("{module} has no place in the order"))
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// The first-level modules that a tree of `use` names.
fn named(tree: &UseTree, in_crate: bool, modules: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) if path.ident == "crate" => named(&path.tree, true, modules),
        UseTree::Path(path) if in_crate => modules.push(path.ident.to_string()),
        UseTree::Name(name) if in_crate => modules.push(name.ident.to_string()),
        UseTree::Group(group) => {
            for tree in &group.items {
                named(tree, in_crate, modules);
            }
        }
        _ => {}
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|cfg| cfg == "test")
    })
}

#[test]
fn no_folder_imports_one_that_stands_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut seen = 0;
    let mut wrong = Vec::new();
    for file in files {
        let place = file.strip_prefix(&root).unwrap();
        let own = place.iter().next().unwrap().to_str().unwrap();
        let own = own.strip_suffix(".rs").unwrap_or(own);
        let is_test = place
            .file_stem()
            .is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
        if own == "lib" || own == "testing" || is_test {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for item in syn::parse_file(&text).unwrap().items {
            let Item::Use(item) = item else { continue };
            if is_for_tests(&item.attrs) {
                continue;
            }
            let mut modules = Vec::new();
            named(&item.tree, false, &mut modules);
            modules.retain(|module| {
                module != own && module.chars().all(|c| c.is_lowercase() || c == '_')
            });
            for module in modules {
                seen += 1;
                if floor(&module) >= floor(own) {
                    wrong.push(format!("{} imports {module}", place.display()));
                }
            }
        }
    }
    assert!(seen > 100, "only {seen} imports were read");
    assert_eq!(wrong, Vec::<String>::new());
}
