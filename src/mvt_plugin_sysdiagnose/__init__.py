"""MVT modules that compare sysdiagnose artefacts with indicators."""
