; Names that a weave gives, and where they are used. What is a name, and what a field of the document, only the compiler knows.

[(file) (from) (block) (quantified) (list) (made_object)] @local.scope

(let name: (identifier) @local.definition)
(input name: (identifier) @local.definition)
(lookup name: (identifier) @local.definition)
(each name: (identifier) @local.definition)
(fan_out name: (identifier) @local.definition)
(quantified name: (identifier) @local.definition)
(for_each name: (identifier) @local.definition)

(path . (identifier) @local.reference)
