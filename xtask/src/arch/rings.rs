//! The rings as rules: which crate of the workspace may depend on which, and which crate alone may know a technology. Pure functions over
//! declared arrows; where they are read from, and the core's transitive closure, are left to the neighbours.

/// The innermost crate.
pub(crate) const CORE: &str = "onboarding-core";

/// What a dependency is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Part of what is built and shipped.
    Normal,
    /// For the crate's own tests only.
    Test,
}

/// One declared dependency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrow<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ring {
    Core,
    Engine,
    Adapter,
    Server,
    Testkit,
    Xtask,
}

const ADAPTERS: [&str; 6] =
    ["onboarding-store", "onboarding-secrets", "onboarding-text", "onboarding-mail", "onboarding-letter", "onboarding-http"];

fn ring_of(name: &str) -> Option<Ring> {
    match name {
        CORE => Some(Ring::Core),
        "onboarding" => Some(Ring::Engine),
        "onboarding-server" => Some(Ring::Server),
        "onboarding-testkit" => Some(Ring::Testkit),
        "xtask" => Some(Ring::Xtask),
        _ => ADAPTERS.contains(&name).then_some(Ring::Adapter),
    }
}

/// A family of third-party crates that few crates of the workspace may know.
struct Technology {
    /// Names; a name stands for its family (`sqlx` for `sqlx-core`, too).
    families: &'static [&'static str],
    homes: &'static [&'static str],
    /// Whether the tests of other crates may use it: a client to talk to the server with is no leak.
    in_tests: bool,
}

const TECHNOLOGIES: [Technology; 6] = [
    Technology { families: &["sea-orm", "sea-query", "sea-schema", "sqlx"], homes: &["onboarding-store"], in_tests: false },
    Technology { families: &["lettre"], homes: &["onboarding-mail"], in_tests: false },
    Technology { families: &["krilla", "fast_qr", "rustybuzz", "ipp"], homes: &["onboarding-letter"], in_tests: false },
    Technology { families: &["poem"], homes: &["onboarding-http"], in_tests: false },
    Technology { families: &["hyper"], homes: &["onboarding-http"], in_tests: true },
    Technology { families: &["anyhow"], homes: &["onboarding-server"], in_tests: false },
];

/// Every arrow that is not allowed, each told with both crates and the reason.
pub(crate) fn findings(members: &[&str], arrows: &[Arrow]) -> Vec<String> {
    let strangers = members
        .iter()
        .filter(|name| ring_of(name).is_none())
        .map(|name| format!("`{name}` has no ring: give it one in xtask/src/arch/rings.rs and in docs/architecture.md"));
    let inward = arrows.iter().filter_map(|arrow| Some((arrow, crossing(arrow)?)));
    let known = arrows.iter().filter_map(|arrow| Some((arrow, trespass(arrow)?)));
    let told = inward.chain(known).map(|(arrow, reason)| {
        let use_ = if arrow.kind == Kind::Test { " in tests" } else { "" };
        format!("forbidden arrow: `{}` -> `{}`{use_}: {reason}", arrow.from, arrow.to)
    });
    strangers.chain(told).collect()
}

/// Why an arrow between two crates of the workspace is forbidden.
fn crossing(arrow: &Arrow) -> Option<String> {
    let (from, to) = (ring_of(arrow.from)?, ring_of(arrow.to)?);
    let reason = match (from, to) {
        // The developer's commands stand outside of the house.
        (Ring::Xtask, _) => return None,
        (_, Ring::Xtask) => "the developer's commands are no library",
        (_, Ring::Server) => "the server stands outermost",
        (Ring::Core | Ring::Engine | Ring::Adapter | Ring::Server | Ring::Testkit, _) if arrow.kind == Kind::Test => return None,
        (Ring::Core, Ring::Core | Ring::Engine | Ring::Adapter | Ring::Testkit) => "the core depends on no crate of the workspace",
        (_, Ring::Testkit) => "fakes and fixed clocks are for tests only",
        (Ring::Engine | Ring::Adapter | Ring::Server | Ring::Testkit, Ring::Core)
        | (Ring::Adapter | Ring::Server | Ring::Testkit, Ring::Engine)
        | (Ring::Server, Ring::Adapter) => return None,
        (Ring::Engine, Ring::Engine | Ring::Adapter) => "the engine depends on the core only",
        (Ring::Testkit, Ring::Adapter) => "the testkit depends on the core and the engine; adapters come to it in tests",
        (Ring::Adapter, Ring::Adapter) if arrow.from == "onboarding-http" && arrow.to == "onboarding-text" => return None,
        (Ring::Adapter, Ring::Adapter) => "adapters never depend on one another",
    };
    Some(reason.to_owned())
}

/// Why a crate of the workspace may not know this technology.
fn trespass(arrow: &Arrow) -> Option<String> {
    // The developer's commands measure from outside: they may know what they measure against.
    if ring_of(arrow.from) == Some(Ring::Xtask) {
        return None;
    }
    let technology = TECHNOLOGIES.iter().find(|technology| is_of_family(arrow.to, technology.families))?;
    let allowed = technology.homes.contains(&arrow.from) || (technology.in_tests && arrow.kind == Kind::Test);
    (!allowed).then(|| format!("only {} may know it", technology.homes.join(" and ")))
}

/// Whether a crate is one of these, or belongs to one of them by its name (`rand_core` to `rand`).
pub(crate) fn is_of_family(name: &str, families: &[&str]) -> bool {
    families.iter().any(|family| name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(from: &str, to: &str, kind: Kind) -> Vec<String> {
        findings(&[], &[Arrow { from, to, kind }])
    }

    #[test]
    fn every_inward_arrow_is_allowed() {
        let allowed = [
            ("onboarding", "onboarding-core"),
            ("onboarding-store", "onboarding"),
            ("onboarding-mail", "onboarding-core"),
            ("onboarding-http", "onboarding-text"),
            ("onboarding-server", "onboarding-http"),
            ("onboarding-server", "onboarding-store"),
            ("onboarding-testkit", "onboarding"),
            ("xtask", "onboarding-server"),
        ];
        for (from, to) in allowed {
            assert_eq!(verdict(from, to, Kind::Normal), Vec::<String>::new(), "{from} -> {to}");
        }
    }

    #[test]
    fn every_outward_or_sideward_arrow_is_named_with_both_crates() {
        let forbidden = [
            ("onboarding-core", "onboarding"),
            ("onboarding-core", "onboarding-secrets"),
            ("onboarding", "onboarding-store"),
            ("onboarding", "onboarding-testkit"),
            ("onboarding-mail", "onboarding-text"),
            ("onboarding-text", "onboarding-http"),
            ("onboarding-http", "onboarding-store"),
            ("onboarding-testkit", "onboarding-store"),
            ("onboarding-http", "onboarding-server"),
            ("onboarding-server", "onboarding-testkit"),
            ("onboarding-server", "xtask"),
        ];
        for (from, to) in forbidden {
            let told = verdict(from, to, Kind::Normal);
            assert_eq!(told.len(), 1, "{from} -> {to}: {told:?}");
            assert!(told[0].contains(&format!("`{from}` -> `{to}`")), "{told:?}");
        }
    }

    #[test]
    fn tests_may_use_the_testkit_and_adapters_but_no_binary() {
        assert!(verdict("onboarding", "onboarding-testkit", Kind::Test).is_empty());
        assert!(verdict("onboarding-testkit", "onboarding-store", Kind::Test).is_empty());
        assert!(verdict("onboarding-http", "onboarding-store", Kind::Test).is_empty());
        assert_eq!(verdict("onboarding-http", "onboarding-server", Kind::Test).len(), 1);
    }

    #[test]
    fn a_technology_is_known_to_its_own_crate_only() {
        assert!(verdict("onboarding-store", "sea-orm-migration", Kind::Normal).is_empty());
        assert!(verdict("onboarding-server", "anyhow", Kind::Normal).is_empty());
        let homeless = [
            ("onboarding-http", "sea-orm"),
            ("onboarding-server", "sqlx-core"),
            ("onboarding-server", "lettre"),
            ("onboarding-server", "krilla"),
            ("onboarding-server", "poem"),
            ("onboarding-server", "hyper-util"),
            ("onboarding", "anyhow"),
        ];
        for (from, to) in homeless {
            assert_eq!(verdict(from, to, Kind::Normal).len(), 1, "{from} -> {to}");
        }
    }

    #[test]
    fn the_developer_s_commands_may_know_what_they_measure_against() {
        assert!(verdict("xtask", "hyper", Kind::Normal).is_empty());
        assert!(verdict("xtask", "anyhow", Kind::Normal).is_empty());
    }

    #[test]
    fn tests_may_talk_hyper_but_no_sql() {
        assert!(verdict("onboarding-server", "hyper", Kind::Test).is_empty());
        assert_eq!(verdict("onboarding-server", "sqlx", Kind::Test).len(), 1);
    }

    #[test]
    fn a_crate_without_a_ring_is_red() {
        let told = findings(&["onboarding-core", "onboarding-carrier-pigeon"], &[]);
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("`onboarding-carrier-pigeon` has no ring"), "{told:?}");
    }

    #[test]
    fn a_family_is_a_name_and_what_hangs_on_it() {
        assert!(is_of_family("rand_core", &["rand"]));
        assert!(is_of_family("sqlx", &["sqlx"]));
        assert!(!is_of_family("random-word", &["rand"]));
        assert!(!is_of_family("poems", &["poem"]));
    }
}
