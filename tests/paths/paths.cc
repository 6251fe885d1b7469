#include "paths/paths.h"

namespace ringfence {

std::string SourceDirectory() { return RINGFENCE_SOURCE_DIR; }

std::string BinaryDirectory() { return RINGFENCE_BINARY_DIR; }

}  // namespace ringfence
