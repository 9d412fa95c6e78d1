#ifndef CAIRN_EXAMPLES_MNIST_ARGUMENTS_H_
#define CAIRN_EXAMPLES_MNIST_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cairn.h"

namespace cairn {

// What //examples:mnist can be told. MnistHelp() says what each means.
struct MnistArguments {
  std::string model = "mlp";
  std::string data_dir;  // Empty: synthetic digits.
  int64_t epochs = 5;
  int64_t batch_size = 128;
  int64_t threads = 0;
  std::optional<uint64_t> seed;  // None: 1, or that of a resumed run.
  std::string checkpoint_dir = "mnist_checkpoints";
  int64_t save_every_steps = 0;
  int64_t keep = 5;
  Resume resume = Resume::kAuto;
  std::string history;  // Empty: none is written.
  std::optional<int> verbose;
  int64_t limit = 0;
  bool help = false;
};

// Reads "--name=value" and "--name value". InvalidArgument names the flag, the
// value and what is allowed. Paths come out as the person meant them.
absl::StatusOr<MnistArguments> ParseMnistArguments(
    const std::vector<std::string>& arguments);

// The command that does the same with another number of epochs.
std::string MnistCommand(const std::vector<std::string>& arguments,
                         int64_t epochs);

// What "--help" prints.
std::string MnistHelp();

}  // namespace cairn

#endif  // CAIRN_EXAMPLES_MNIST_ARGUMENTS_H_
