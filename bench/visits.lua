-- For wrk: visits of returning browsers, `batch` page views in each request, no two events alike.
local batch = tonumber(os.getenv("BENCH_BATCH"))
local headers = {
  ["Content-Type"] = "text/plain",
  ["Origin"] = "https://shop.example",
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}
local run = tonumber(os.getenv("BENCH_RUN"))
local since = os.time() - 3600
local number = 0

request = function()
  number = number + 1
  local events = {}
  for place = 1, batch do
    events[place] = string.format('["page.viewed",%d,{"path":"/%d/%d/%d","title":"Candles and refills"}]', place, run, number, place)
  end
  local body = string.format(
    '{"v":"%032x","b":"%06x%010x","c":[1,%d,"en"],"p":"/","e":[%s]}',
    1000 + number % 2000, run, number, since, table.concat(events, ","))
  return wrk.format("POST", nil, headers, body)
end

done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d\n", summary.requests - errors.status, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
