-- A session of Neovim with the language server, without a screen: what an author sees and does.
-- In: the variables MONGOCD, the program, and WEAVE, a file of the workspace planets in the current folder.
-- Out: a line for each step; exit code 1 at the first that is not as it should be.
-- It runs in Neovim 0.7, which Debian 12 has (vim.lsp.start_client), and from 0.11 on with vim.lsp.config.

local function fail(text)
  io.stderr:write(text .. "\n")
  vim.cmd("cquit 1")
end

local function wait(what, condition)
  if not vim.wait(30000, condition, 20) then
    fail("it never comes: " .. what)
  end
  io.stdout:write("ok: " .. what .. "\n")
end

local function edit()
  vim.cmd("edit " .. vim.fn.fnameescape(vim.env.WEAVE))
  return vim.api.nvim_get_current_buf()
end

local buffer, id
if vim.lsp.config then -- from 0.11 on: the lines of docs/guides/editor.md
  vim.cmd("filetype on")
  vim.filetype.add({ extension = { weave = "weave" } })
  vim.lsp.config("mongocd", {
    cmd = { vim.env.MONGOCD, "lsp" },
    filetypes = { "weave" },
    root_markers = { "extracted", ".git" },
    init_options = { inputs = vim.empty_dict() },
  })
  vim.lsp.enable("mongocd")
  buffer = edit()
  wait("the server starts", function()
    local clients = vim.lsp.get_clients({ bufnr = buffer, name = "mongocd" })
    id = clients[1] and clients[1].id
    return id ~= nil
  end)
else
  buffer = edit()
  id = vim.lsp.start_client({
    name = "mongocd",
    cmd = { vim.env.MONGOCD, "lsp" },
    root_dir = vim.fn.getcwd(),
    init_options = { inputs = vim.empty_dict() },
  })
  if not id or not vim.lsp.buf_attach_client(buffer, id) then
    fail("the server does not start")
  end
  io.stdout:write("ok: the server starts\n")
end
local client
wait("the server answers", function()
  client = vim.lsp.get_client_by_id(id)
  return client ~= nil and client.initialized
end)

local function said(code)
  for _, d in ipairs(vim.diagnostic.get(buffer)) do
    if d.code == code then
      return d
    end
  end
end

local function at(text, offset)
  for n, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local start = line:find(text, 1, true)
    if start then
      return { line = n - 1, character = start - 1 + offset }
    end
  end
  fail("there is no " .. text)
end

local function ask(method, parameters)
  local answer, err = client.request_sync(method, parameters, 30000, buffer)
  if err or answer == nil or answer.err then
    fail(method .. ": " .. vim.inspect(err or answer))
  end
  return answer.result
end

local here = vim.lsp.util.make_text_document_params(buffer)
local function of(method, text, offset)
  return vim.inspect(ask(method, { textDocument = here, position = at(text, offset) }))
end

-- A path that no document has is a message while one types, and goes when it is mended.
local wrong = at("orderFromSun between", 0)
vim.api.nvim_buf_set_text(buffer, wrong.line, wrong.character, wrong.line, wrong.character + 12, { "orderFromSum" })
wait("a message for a field that no document has", function() return said("unknown-field") ~= nil end)
if said("unknown-field").lnum ~= wrong.line then
  fail("the message stands in line " .. said("unknown-field").lnum)
end

-- Its edit, as a code action.
local d = said("unknown-field")
local range = { start = { line = d.lnum, character = d.col }, ["end"] = { line = d.lnum, character = d.end_col } }
local actions = ask("textDocument/codeAction", { textDocument = here, range = range, context = { diagnostics = {} } })
if #actions == 0 then
  fail("there is no edit for it")
end
vim.lsp.util.apply_workspace_edit(actions[1].edit, client.offset_encoding)
wait("no message once the edit is made", function() return said("unknown-field") == nil end)

-- Completion from the data, and what a path has.
if not of("textDocument/completion", "hasRings == false", 4):find("hasRings", 1, true) then
  fail("completion does not know hasRings")
end
io.stdout:write("ok: completion from the data\n")
if not of("textDocument/hover", "surfaceTemperatureC.mean", 22):find("double", 1, true) then
  fail("hover does not say the type: " .. of("textDocument/hover", "surfaceTemperatureC.mean", 22))
end
io.stdout:write("ok: the type of a path\n")

-- The one style.
local before = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { "", "" })
local edits = ask("textDocument/formatting", { textDocument = here, options = { tabSize = 2, insertSpaces = true } })
vim.lsp.util.apply_text_edits(edits, buffer, client.offset_encoding)
if not vim.deep_equal(before, vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) then
  fail("it is not formatted")
end
io.stdout:write("ok: formatted\n")

vim.lsp.stop_client(id)
wait("the server ends", function() return client.is_stopped() end)
vim.cmd("qall!")
