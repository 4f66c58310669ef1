-- For wrk: asks for one of so many hosts, at random. Their number is the script's argument.
-- The requests are written beforehand, so that one host costs wrk as much as 10,000.
local requests = {}

function init(arguments)
  for number = 0, tonumber(arguments[1]) - 1 do
    requests[number + 1] = wrk.format("GET", "/", {Host = "app-" .. number .. ".localhost"})
  end
end

function request()
  return requests[math.random(#requests)]
end
