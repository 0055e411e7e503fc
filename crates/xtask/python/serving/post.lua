-- wrk script: posts the same file repeatedly and prints the result as JSON.
-- usage: wrk ... -s post.lua URL -- FILE CONTENT_TYPE [JSON_LENGTH]
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  wrk.headers["content-type"] = args[2]
  if args[3] then wrk.headers["inference-header-content-length"] = args[3] end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
