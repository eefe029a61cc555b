"""Templates are read by libyaml: ministack's own reader takes ten times as long."""

import yaml
from ministack.services.cloudformation import engine


class _Loader(yaml.CSafeLoader):
    yaml_constructors = engine.CfnLoader.yaml_constructors
    yaml_implicit_resolvers = engine.CfnLoader.yaml_implicit_resolvers


engine.CfnLoader = _Loader
