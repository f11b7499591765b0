# Nix values as the KDL of a spec. Uses nothing but builtins.
#
#   toKDL {
#     network = { _args = [ "home" ]; subnet = "192.168.1.0/24"; dhcp = "proxy"; };
#     iso = [
#       { _args = [ "arch" "/srv/isos/archlinux-x86_64.iso" ]; }
#       { _args = [ "debian" "/srv/isos/debian-live-amd64.iso" ]; arguments = { _args = [ "quiet" "console=ttyS0" ]; }; }
#     ];
#     menu = {
#       _args = [ "main" ];
#       _props = { title = "Home netboot"; timeout = 30; };
#       _children = [
#         { entry = { _args = [ "disk" ]; _props = { boot = "local-disk"; default = true; }; }; }
#         { separator = { }; }
#         { entry = { _args = [ "arch" ]; _props.iso = "arch"; }; }
#       ];
#     };
#   }
#
# - An attribute is a node of that name. Nodes of different names come in the order of their names, as Nix sorts them; a list of
#   attribute sets in place of one, at the top or as `_children`, keeps its own order.
# - The value of a node is its one argument, or an attribute set: `_args` has its arguments, `_props` its properties, `_children`
#   nodes in the order of writing, and every other attribute is a node in its block. `{ }` is a node with nothing.
# - A list is the node again for each of its elements. Several arguments of one node are `_args`.
# - `null` leaves out a node or property; in `_args` it is `#null`.
# - Paths are written as they are and copied nowhere; a derivation is the path of what it builds. `{name}` in a string keeps its
#   meaning for netspec, so a brace alone is `{{`.
let
  inherit (builtins)
    attrNames
    concatLists
    concatStringsSep
    elem
    elemAt
    filter
    fromJSON
    genList
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isPath
    isString
    map
    match
    removeAttrs
    replaceStrings
    substring
    toJSON
    typeOf
    ;

  hexadecimal = [ "0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "a" "b" "c" "d" "e" "f" ];
  # A code point below 65536 as four digits.
  digits =
    n:
    concatStringsSep "" (map (place: elemAt hexadecimal (n / place - n / place / 16 * 16)) [ 4096 256 16 1 ]);

  range = first: last: genList (n: first + n) (last - first + 1);

  # The code points that KDL forbids in a file, and those that would end a line; a Nix string has no 0.
  special = concatLists [
    (range 1 31)
    (range 127 159)
    [ 8206 8207 ]
    (range 8232 8238)
    (range 8294 8297)
    [ 65279 ]
  ];

  escaped = replaceStrings ([ "\\" "\"" ] ++ map (n: fromJSON "\"\\u${digits n}\"") special) (
    [ "\\\\" "\\\"" ] ++ map (n: "\\u{${digits n}}") special
  );

  quoted = text: "\"${escaped text}\"";

  # Names of nodes and properties need no quotes where they are words.
  name =
    text:
    if match "[a-zA-Z_][a-zA-Z0-9_-]*" text != null && !elem text [ "true" "false" "null" "inf" "nan" ] then
      text
    else
      quoted text;

  isDerivation = value: isAttrs value && value ? outPath;

  isScalar =
    value: isString value || isInt value || isFloat value || isBool value || isPath value || isDerivation value;

  scalar =
    where: value:
    if value == null then
      "#null"
    else if isBool value then
      (if value then "#true" else "#false")
    else if isInt value || isFloat value then
      toJSON value
    else if isPath value then
      quoted (toString value)
    else if isDerivation value then
      quoted "${value}"
    else if isString value then
      quoted value
    else
      throw "toKDL: ${where} is a ${typeOf value}, and a value in KDL is a string, a number or a boolean";

  keys = [ "_args" "_props" "_children" ];

  # The lines of one node.
  node =
    indent: where: title: value:
    if value == null then
      [ ]
    else if isList value then
      concatLists (map (node indent where title) value)
    else if isScalar value then
      [ "${indent}${name title} ${scalar where value}" ]
    else if !isAttrs value then
      throw "toKDL: ${where} is a ${typeOf value}, and a node is made of a value, a list or an attribute set"
    else
      let
        strange = filter (key: substring 0 1 key == "_" && !elem key keys) (attrNames value);
        properties = value._props or { };
        arguments = map (scalar "an argument of ${where}") (value._args or [ ]);
        written = map (key: "${name key}=${scalar "${key} of ${where}" properties.${key}}") (
          filter (key: properties.${key} != null) (attrNames properties)
        );
        inside = indent + "    ";
        children =
          nodes inside where (value._children or [ ]) ++ nodes inside where (removeAttrs value keys);
        head = "${indent}${concatStringsSep " " ([ (name title) ] ++ arguments ++ written)}";
      in
      if strange != [ ] then
        throw "toKDL: ${where} has `${elemAt strange 0}`; what is no node is `_args`, `_props` or `_children`"
      else if children == [ ] then
        [ head ]
      else
        [ "${head} {" ] ++ children ++ [ "${indent}}" ];

  # The lines of an attribute set of nodes, or of a list of such sets.
  nodes =
    indent: where: value:
    if isList value then
      concatLists (map (nodes indent where) value)
    else if isAttrs value then
      concatLists (
        map (title: node indent (if where == "" then title else "${where}.${title}") title value.${title}) (attrNames value)
      )
    else
      throw "toKDL: ${if where == "" then "the spec" else "what is in ${where}"} is a ${typeOf value}, and nodes are an attribute set or a list of them";
in
{
  # The text of a spec.
  toKDL = spec: concatStringsSep "" (map (line: line + "\n") (nodes "" "" spec));
}
