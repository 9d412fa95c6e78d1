#include "tests/support/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "core/base/check.h"

namespace cairn {
namespace {

// A file that nobody else sees and that goes when it is closed.
int MakeUnnamedFile() {
  std::FILE* const file = std::tmpfile();
  CAIRN_CHECK(file != nullptr);
  const int descriptor = dup(fileno(file));
  CAIRN_CHECK(descriptor >= 0);
  std::fclose(file);
  return descriptor;
}

std::string ReadFromStart(int descriptor) {
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  off_t place = 0;
  while ((count = pread(descriptor, buffer, sizeof buffer, place)) > 0) {
    text.append(buffer, static_cast<size_t>(count));
    place += count;
  }
  return text;
}

// What the child is told: all that this process was, but for `changes`.
std::vector<std::string> EnvironmentWith(
    const std::vector<std::pair<std::string, std::string>>& changes) {
  std::map<std::string, std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::pair<std::string, std::string> name_and_value =
        absl::StrSplit(*variable, absl::MaxSplits('=', 1));
    all.insert(name_and_value);
  }
  for (const auto& [name, value] : changes) all[name] = value;
  std::vector<std::string> variables;
  for (const auto& [name, value] : all) {
    variables.push_back(absl::StrCat(name, "=", value));
  }
  return variables;
}

}  // namespace

Program::Program(const std::vector<std::string>& words,
                 const ProgramOptions& options) {
  // All that allocates comes before the fork: other threads may hold the
  // allocator's lock.
  const std::string path = std::filesystem::absolute(words[0]).string();
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<std::string> variables = EnvironmentWith(options.environment);
  std::vector<char*> environment;
  for (std::string& variable : variables) {
    environment.push_back(variable.data());
  }
  environment.push_back(nullptr);
  int pipe_ends[2];
  CAIRN_CHECK(pipe2(pipe_ends, O_CLOEXEC) == 0);
  errors_ = MakeUnnamedFile();
  pid_ = fork();
  CAIRN_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(pipe_ends[1], STDOUT_FILENO);
    dup2(errors_, STDERR_FILENO);
    if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) {
      _exit(126);
    }
    execve(path.c_str(), arguments.data(), environment.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  out_ = pipe_ends[0];
}

Program::~Program() {
  if (pid_ > 0) {
    Signal(SIGKILL);
    Wait();
  }
  close(out_);
  close(errors_);
}

bool Program::ReadSome(absl::Time deadline) {
  pollfd wait = {.fd = out_, .events = POLLIN, .revents = 0};
  const absl::Duration left = deadline - absl::Now();
  const int milliseconds = deadline == absl::InfiniteFuture()
                               ? -1
                               : static_cast<int>(std::max<int64_t>(
                                     0, absl::ToInt64Milliseconds(left)));
  if (poll(&wait, 1, milliseconds) <= 0) return false;
  char buffer[4096];
  const ssize_t count = read(out_, buffer, sizeof buffer);
  if (count <= 0) return false;
  read_.append(buffer, static_cast<size_t>(count));
  return true;
}

bool Program::ReadUntil(const std::string& text) {
  while (read_.find(text) == std::string::npos) {
    if (!ReadSome(absl::InfiniteFuture())) return false;
  }
  return true;
}

void Program::ReadFor(absl::Duration duration) {
  const absl::Time deadline = absl::Now() + duration;
  while (ReadSome(deadline)) {
  }
}

void Program::Signal(int signal) {
  CAIRN_CHECK(pid_ > 0);
  kill(pid_, signal);
}

ProgramResult Program::Wait() {
  while (ReadSome(absl::InfiniteFuture())) {
  }
  int status = 0;
  CAIRN_CHECK(waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return {
      .code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
      .out = read_,
      .errors = ReadFromStart(errors_)};
}

ProgramResult RunProgram(const std::vector<std::string>& words,
                         const ProgramOptions& options) {
  return Program(words, options).Wait();
}

}  // namespace cairn
