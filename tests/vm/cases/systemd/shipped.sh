# The shipped levels and examples on a host that has no policy for them.

case_EveryLevelRunsAProgram() {
  for level in critical internal public untrusted; do
    expect_code 3 as_user ringfence run --trust $level -- /usr/bin/sh -c \
      'echo ran; exit 3' >/tmp/out
    expect_text ran /tmp/out
  done
}

case_ConvertConverts() {
  as_user ringfence run "$EXAMPLES/convert/convert.yaml" >/tmp/out
  expect_text 'converted: part-0 part-1 part-2 part-3' /tmp/out
}

case_StorefrontServesAndKeepsTheScriptOut() {
  as_user ringfence run "$EXAMPLES/storefront/storefront.yaml" &
  until_true 300 curl -sf -o /tmp/page http://127.0.0.1:8080/
  expect_text 'Served from inside a ringfence' /tmp/page
  expect_code 120 as_user ringfence run "$EXAMPLES/convert/convert.yaml"
  as_user ringfence stop storefront
  wait $!
  as_user ringfence run "$EXAMPLES/convert/convert.yaml"
}
