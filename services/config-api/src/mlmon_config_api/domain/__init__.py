"""Pure rules about job definitions; documents are the models of `mlmon_shared.wire`."""
