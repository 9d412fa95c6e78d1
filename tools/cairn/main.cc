// The command line: `bazel run //tools/cairn -- help` lists what it can do.
#include <iostream>
#include <string>
#include <vector>

#include "tools/cairn/verb.h"

int main(int argc, char** argv) {
  return cairn::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc),
                               std::cout, std::cerr);
}
