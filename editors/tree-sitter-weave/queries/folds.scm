[
  (block) (from_block) (defaults_block) (test_block) (source) (environment) (before) (after)
  (object) (made_object) (list) (per_environment) (text) (comment)
] @fold
