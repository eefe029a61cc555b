"""Settings of a stage for one path of a REST API."""

from cfnlink.lint.rule import Faults, rule
from cfnlink.rules._api import METHOD, REFERENCE, RESOURCE, STAGE, api_of, parts
from cfnlink.system.api import is_open
from cfnlink.system.api_paths import path_of
from cfnlink.system.resource import Resource

SETTING_DOCS = f"{REFERENCE}aws-properties-apigateway-stage-methodsetting.html"
ALL_PATHS, ALL_METHODS, ANY = "/*", "*", "ANY"


# not verified: that AWS ignores these settings. The page has no other use of the wildcards, and
# API Gateway's message names {resourcePath}/{httpMethod} and */* alone.
@rule("W9955", STAGE, SETTING_DOCS)
def setting_is_for_one_method_or_for_all(stage: Resource) -> Faults:
    """A setting of a stage is for one method of one path, or for all methods of all paths.
    API Gateway has the pairs {resourcePath}/{httpMethod} and */*. A setting of a path for * or
    for ANY limits nothing: name each method that callers send."""
    for n, entry in stage.entries("MethodSettings"):
        path, method = entry.get("ResourcePath"), entry.get("HttpMethod")
        place = ["MethodSettings", n, "HttpMethod"]
        known = isinstance(path, str) and isinstance(method, str)
        if method == ANY:
            yield place, "a request has no method ANY; write an entry for each method"
        elif known and (path == ALL_PATHS) != (method == ALL_METHODS):
            yield place, f"{method} with {path} is neither one method nor all; name both"


@rule("W9956", STAGE, SETTING_DOCS)
def setting_is_for_a_path_of_the_api(stage: Resource) -> Faults:
    """A setting of a stage is for a path that the API has.
    A setting of another path limits nothing. A slash in the path is written as ~1."""
    api = api_of(stage)
    if api is None or is_open(api) or api.is_exported:
        return
    paths = [path_of(each) for each in parts(api, RESOURCE)]
    known = {path for path in paths if path}
    if len(known) < len(paths) or not parts(api, METHOD):
        return
    for n, entry in stage.entries("MethodSettings"):
        path = entry.get("ResourcePath")
        if isinstance(path, str) and path not in (ALL_PATHS, "/") and "${" not in path:
            said = path.removeprefix("/").replace("~1", "/")
            if said not in known:
                place = ["MethodSettings", n, "ResourcePath"]
                yield place, f"{api.name} has no {said}; correct it, with ~1 for each slash"
