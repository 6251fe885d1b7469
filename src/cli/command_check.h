// `ringfence check`: may this be deployed?
#pragma once

namespace ringfence::cli {

int RunCheck(int argc, char** argv);

}  // namespace ringfence::cli
