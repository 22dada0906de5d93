-- The 95th percentile of one connection that asks again as soon as it is answered, in milliseconds.
done = function(summary, latency)
  if summary.errors.status > 0 then
    io.stderr:write(summary.errors.status .. " answers were no success\n")
    os.exit(1)
  end
  io.write(string.format("p95 %.3f\n", latency:percentile(95) / 1000))
end
