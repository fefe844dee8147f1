# Says on which engines the tests ran, from what `cargo test` printed; fails if some did not run on all of them.
/^test .* \.\.\. ok$/ { passed++ }
/^test .* \.\.\. ignored/ { ignored++ }
/^test (.*::)?sqlite::.* \.\.\. ok$/ { sqlite++; claim = $2; sub(/sqlite::/, "", claim); on_sqlite[claim] }
/^test (.*::)?postgres::.* \.\.\. ok$/ { postgres++; claim = $2; sub(/postgres::/, "", claim); on_postgres[claim] }
END {
    for (claim in on_sqlite) both += claim in on_postgres
    printf "Passed: %d tests, %d ignored.\n", passed, ignored
    printf "On SQLite and on PostgreSQL %s: %d claims on both", version, both
    printf " (%d tests named for SQLite, %d for PostgreSQL).\n", sqlite, postgres
    if (!both || ignored) { print "Some did not run on every engine, or were ignored." > "/dev/stderr"; exit 1 }
}
