//! What the compiler says about topologies: programs that must not build, with the errors that they
//! get (`fail/<family>/`, one idea each), and programs that must (`pass/`). See `tests/ui.rs`.
