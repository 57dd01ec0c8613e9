//! Tables of (state × command): a macro that makes a closed list with all its values, so that every pair is driven and
//! every value needs its row.

/// A closed enum with all its values. Its users match it exhaustively.
macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum $name { $($variant),* }

        impl $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];
        }
    };
}

/// Drives every pair and compares; every command needs exactly one row, every state a place in each.
macro_rules! drive {
    ($table:expr, $states:ident, $commands:ident, $outcome:expr) => {
        let mut faults = Vec::new();
        for command in $commands::ALL {
            let rows: Vec<_> = $table.iter().filter(|(row, _)| row == command).collect();
            assert_eq!(rows.len(), 1, "{command:?} needs one row");
            for (state, expected) in $states::ALL.iter().zip(&rows[0].1) {
                let seen = $outcome(*state, *command);
                if seen != *expected {
                    faults.push(format!("{state:?} × {command:?}: expected {expected:?}, seen {seen:?}"));
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    };
}
