#ifndef CAIRN_TESTS_SUPPORT_PROGRAM_H_
#define CAIRN_TESTS_SUPPORT_PROGRAM_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace cairn {

// What a program did.
struct ProgramResult {
  int code = 0;  // Its exit code, or 128 and the number of the signal.
  std::string out, errors;
};

struct ProgramOptions {
  std::string folder;  // Where it starts; empty: where the test stands.
  // Variables added to the environment.
  std::vector<std::pair<std::string, std::string>> environment;
};

// A program that runs beside the test. Ends the test's process if the program
// cannot be started.
class Program {
 public:
  // `words` are the program's path and its arguments. Standard input is empty.
  explicit Program(const std::vector<std::string>& words,
                   const ProgramOptions& options = {});
  // Kills it if it was not waited for.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Reads its output until that contains `text`, and returns true, or ends.
  bool ReadUntil(const std::string& text);
  // Reads its output for that long, or until it ends.
  void ReadFor(absl::Duration duration);
  void Signal(int signal);
  // Reads the rest of its output and waits for its end.
  ProgramResult Wait();

 private:
  // Waits for output until `deadline`. False if there is none any more.
  bool ReadSome(absl::Time deadline);

  pid_t pid_ = -1;
  int out_ = -1, errors_ = -1;
  std::string read_;
};

// Runs a program to its end.
ProgramResult RunProgram(const std::vector<std::string>& words,
                         const ProgramOptions& options = {});

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_PROGRAM_H_
