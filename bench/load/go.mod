module loggia.dev/bench/load

go 1.24
