-- For wrk: POSTs the image files named after "--" to /classify in turn, as the field `image` of a form, as `curl -F
-- image=@FILE` does; prints what was measured as JSON.
local requests = {}
local at = 0
local boundary = "------------------------lotmarkbench"

function init(paths)
  for _, path in ipairs(paths) do
    local file = assert(io.open(path, "rb"))
    local body = "--" .. boundary .. '\r\nContent-Disposition: form-data; name="image"; filename="image.jpg"\r\n' ..
      "Content-Type: image/jpeg\r\n\r\n" .. file:read("*a") .. "\r\n--" .. boundary .. "--\r\n"
    local headers = {["Content-Type"] = "multipart/form-data; boundary=" .. boundary}
    requests[#requests + 1] = wrk.format("POST", "/classify", headers, body)
    file:close()
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\nJSON {"requests": %d, "seconds": %.6f, "failed": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
