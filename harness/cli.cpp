#include "harness/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "harness/cli_machine.h"
#include "harness/cpu_policy.h"
#include "harness/names.h"
#include "harness/verify_mode.h"

namespace rb {
namespace {

constexpr const char* kExamples = R"(Examples:
  bench
      everything that this machine can run, on a short set of workloads
  bench --strategy userspace,bare --workload threads:n=1,10,100,processes
      two strategies; three sizes of one workload, and another one
  bench --workload tree:depth=2,3:fanout=4 --out results.json
      the table, and all samples as JSON
  bench image write --workload prefork -o prefork.img
  bench --image prefork.img
      a workload's image as a file, and restarts of it

Exit codes: 0 ok; 1 a restart failed or was wrong; 2 usage; 4 the virtual machine
ended without a result; 77 the machine lacks something; 128 + n ended by signal n. Google Benchmark's own --benchmark_... flags
are passed on to it.)";

/// Begins a --workload that is a shell command.
constexpr std::string_view kProgram = "program:";

/// Flags of Google Benchmark that have the meaning of one of ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kAliases = {{
    {"--benchmark_filter", "--filter"},
    {"--benchmark_repetitions", "--repetitions"},
    {"--benchmark_min_time", "--min-time"},
}};

/// Flags of Google Benchmark that make no sense here, and what to use instead.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kReplaced = {{
    {"--benchmark_enable_random_interleaving", "rounds are always interleaved, by --seed"},
    {"--benchmark_out", "use --out FILE"},
    {"--benchmark_out_format", "use --out FILE, which is JSON"},
    {"--benchmark_format", "use --out -, which prints JSON"},
    {"--benchmark_list_tests", "use bench list workloads and bench list strategies"},
    {"--benchmark_report_aggregates_only", "every repetition is in the results"},
}};

/// The values of an option that takes one word of a few.
template <class Value>
using Choices = std::initializer_list<std::pair<const char*, Value>>;

constexpr Choices<VerifyMode> kVerifyModes = {{"all", VerifyMode::kAll},
                                              {"sample", VerifyMode::kSample},
                                              {"first", VerifyMode::kFirst},
                                              {"none", VerifyMode::kNone}};
constexpr Choices<PidMode> kPidModes = {{"own", PidMode::kOwn}, {"host", PidMode::kHost}};
// "fake" is for the tests of this program; it is not in its help.
constexpr Choices<ClockKind> kClocks = {{"wall", ClockKind::kWall},
                                        {"instructions", ClockKind::kInstructions},
                                        {"fake", ClockKind::kFake}};

template <std::size_t N>
std::string_view look_up(const std::array<std::pair<std::string_view, std::string_view>, N>& table,
                         std::string_view key) {
  for (const auto& [name, value] : table) {
    if (name == key) return value;
  }
  return {};
}

/// Sorts out Google Benchmark's flags: ours are left for CLI11.
Status sort_out(std::span<const char* const> arguments, std::vector<std::string>& ours,
                std::vector<std::string>& benchmarks) {
  for (const std::string_view argument : arguments) {
    const std::string_view name = argument.substr(0, argument.find('='));
    if (const auto instead = look_up(kReplaced, name); !instead.empty()) {
      return fail(ErrorKind::kUsage, fmt::format("{} is not for bench", name),
                  std::string(instead));
    }
    if (const auto alias = look_up(kAliases, name); !alias.empty()) {
      ours.push_back(fmt::format("{}{}", alias, argument.substr(name.size())));
    } else if (name.starts_with("--benchmark_")) {
      benchmarks.emplace_back(argument);
    } else {
      ours.emplace_back(argument);
    }
  }
  return {};
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

/// The options as CLI11 fills them in.
struct Parsed {
  RunOptions run;
  std::vector<std::string> workloads;
  ListStrategies strategies;
  ListWorkloads workload_list;
  ListCounters counter_list;
  ImageWrite write;
  ImageShow show;
  ImageCheck check;
  CaptureOptions capture;
  RestartOptions restart;
  CoverageOptions coverage;
  ObjectsOptions objects;
  GuestOptions guest;
};

/// CLI11's own transformer answers a wrong word with its whole table.
template <class Value, class Target>
CLI::Option* add_choice(CLI::App& app, const char* name, Target& target,
                        const Choices<Value>& choices, const char* description) {
  const auto choose = [name, &target, &choices](const std::string& word) {
    std::string words;
    for (const auto& [choice, value] : choices) {
      if (word == choice) {
        target = value;
        return;
      }
      words += fmt::format("{}{}", words.empty() ? "" : ", ", choice);
    }
    throw CLI::ValidationError(name, fmt::format("'{}' is none of {}", word, words));
  };
  return app.add_option_function<std::string>(name, choose, description);
}

/// "2%" as 0.02.
double share_of(const std::string& text) {
  double percent = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, percent);
  if (error != std::errc() || rest + 1 != end || *rest != '%' || percent <= 0 || percent > 100) {
    throw CLI::ValidationError("--precision", fmt::format("'{}' is no percentage as 2%", text));
  }
  return percent / 100;
}

/// "port:80", "file:PATH", "line:REGEX", "time:2".
Readiness readiness_of(const std::string& text) {
  const auto colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  Readiness ready;
  ready.text = colon == std::string::npos ? "" : text.substr(colon + 1);
  const char* const end = ready.text.data() + ready.text.size();
  const auto whole = [&](const auto& parsed) {
    return !ready.text.empty() && parsed.ec == std::errc() && parsed.ptr == end;
  };
  bool ok = !ready.text.empty();
  if (kind == "port") {
    ready.kind = Readiness::Kind::kPort;
    ok = whole(std::from_chars(ready.text.data(), end, ready.port)) && ready.port != 0;
  } else if (kind == "time") {
    ok = whole(std::from_chars(ready.text.data(), end, ready.seconds)) && ready.seconds >= 0;
  } else if (kind == "file") {
    ready.kind = Readiness::Kind::kFile;
  } else if (kind == "line") {
    ready.kind = Readiness::Kind::kLine;
  } else {
    ok = false;
  }
  if (ok) return ready;
  throw CLI::ValidationError(
      "--ready", fmt::format("'{}' is none of port:N, file:PATH, line:REGEX, time:SECONDS", text));
}

/// The innermost command that was named: its help is the one to read.
std::string help_command(const CLI::App& app) {
  std::string command = app.get_name();
  const CLI::App* innermost = &app;
  while (!innermost->get_subcommands().empty()) {
    innermost = innermost->get_subcommands().front();
    command += ' ' + innermost->get_name();
  }
  return command + " --help";
}

void add_run_options(CLI::App& app, Parsed& parsed, const Parts& parts) {
  RunOptions& run = parsed.run;
  app.add_option(
         "--strategy", run.strategies,
         fmt::format("Strategies, separated by commas: {}, all", joined_names(parts.strategies)))
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--peer", run.peers,
                 fmt::format("Other programs to measure beside them, separated by commas: {}; "
                             "--strategy none measures nothing else",
                             joined_names(parts.peers)))
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--workload", parsed.workloads,
                 fmt::format("Workloads W[:PARAMETER=VALUE,...], separated by commas: {}, all; or "
                             "program:COMMAND, a shell command to run, capture and restart; "
                             "default: {}",
                             joined_names(parts.workloads), parts.default_workloads))
      ->allow_extra_args(false);
  app.add_option_function<std::string>(
         "--ready", [&run](const std::string& text) { run.ready = readiness_of(text); },
         "When to capture a program: once a TCP port takes connections, a file exists, or it has "
         "printed a line; or after some seconds")
      ->option_text("port:N|file:PATH|line:REGEX|time:SECONDS [time:1]");
  app.add_option("--image", run.images, "An image file to restart; may be given again")
      ->allow_extra_args(false);
  app.add_option("--filter", run.filter,
                 "Run the cells WORKLOAD/STRATEGY that this regular expression finds; with a '-' "
                 "in front, the others");
  // An emulated machine has other defaults: emulated_defaults.h.
  app.add_option("--repetitions", run.repetitions,
                 "Rounds, in each of which every strategy has its turn; exactly so many")
      ->check(CLI::Range(1, 100000))
      ->option_text("N [until --precision or --max-time; emulated: 1]");
  app.add_option_function<std::string>(
         "--precision", [&run](const std::string& text) { run.precision = share_of(text); },
         "Half the width of the intervals of ratios at which rounds may end")
      ->option_text("PERCENT [2%]");
  app.add_option("--min-time", run.min_time_s,
                 "Seconds of restarting in a turn, at least, for the slowest strategy")
      ->check(CLI::Range(1e-6, 1e6))
      ->option_text("SECONDS [0.002; emulated: 0.005]");
  app.add_option("--max-time", run.max_time_s,
                 "Seconds for all rounds, times the strategies of an image; 5 rounds are always "
                 "made")
      ->check(CLI::Range(1e-6, 1e6))
      ->option_text("SECONDS [1.25; emulated: 0.4]");
  add_choice(app, "--verify", run.verify, kVerifyModes,
             "Verify all restarts, the first and a sample of the timed ones, the first only, "
             "or none")
      ->option_text("all|sample|first|none [sample]");
  add_choice(app, "--pids", run.strategy_options.pids, kPidModes,
             "Restart into a pid namespace of its own or the host's")
      ->option_text("own|host [own]");
  app.add_option("--cpus", run.strategy_options.cpus,
                 "Tasks that may create others at once; 0 = online CPUs")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--pin",
         [&run](const std::string& text) {
           auto cpus = parse_cpus(text);
           if (!cpus) throw CLI::ValidationError("--pin", cpus.error().message);
           run.pin = std::move(*cpus);
         },
         "CPUs that bench and all restarted tasks are bound to, as in 0,2-3")
      ->option_text("CPUS");
  app.add_option("--fifo", run.fifo, "Priority of SCHED_FIFO for bench and all restarted tasks")
      ->check(CLI::Range(1, 99))
      ->option_text("PRIORITY");
  app.add_flag("--self-check{100}", run.self_check,
               "Compare strategies with themselves so many times; 1 is the exit code if a "
               "difference is found in more than one of 20 [100]")
      ->check(CLI::Range(1, 100000));
  app.add_option("--seed", run.seed, "Seed of workloads, rounds and of the verified sample")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
  app.add_option("--creator-fds", run.creator_fds,
                 "Open files that the restarting process has before it begins, separated by "
                 "commas: a sweep")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(0, 1000000));
  app.add_option("--creator-memory", run.creator_memory,
                 "Bytes of memory that it has touched; a unit may follow, as in 64M")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--counters", run.counters,
                 "Count events of some more restarts, which are not timed: names of bench list "
                 "counters, separated by commas, or all")
      ->delimiter(',')
      ->allow_extra_args(false);
  auto* ledger = app.add_flag(
      "--ledger", run.ledger,
      "Count the kernel objects that restarts create, against those that the image needs");
  app.add_option("--costs", run.costs,
                 "With --ledger: what bench objects --out wrote, to predict times from")
      ->option_text("FILE")
      ->needs(ledger);
  app.add_flag("--stages", run.stages, "Print where the time went, stage by stage");
  app.add_option("--out", run.out,
                 "Write the results as JSON; '-' prints them, the table then "
                 "goes to stderr")
      ->option_text("FILE");
  add_choice(app, "--clock", run.clock, kClocks,
             "What is measured: wall time, or the instructions that an emulated virtual machine "
             "executes")
      ->option_text("wall|instructions [wall; emulated: instructions]");
}

/// Not how a cell is measured, but which, where, and what is printed.
constexpr std::array kNotMeasuring = {"--help",        "--version",        "--strategy", "--peer",
                                      "--workload",    "--image",          "--ready",    "--filter",
                                      "--creator-fds", "--creator-memory", "--stages",   "--out",
                                      "--clock",       "--native"};

/// The other options that were given, as RunOptions has them.
std::vector<std::string> measuring_options(const CLI::App& app) {
  std::vector<std::string> given;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || name.starts_with("--vm") ||
        std::find(kNotMeasuring.begin(), kNotMeasuring.end(), name) != kNotMeasuring.end()) {
      continue;
    }
    if (option->get_items_expected_max() == 0) {
      given.push_back(name);  // a flag
      continue;
    }
    for (const std::string& value : option->results()) {
      given.push_back(fmt::format("{}={}", name, value));
    }
  }
  return given;
}

/// "4", or "4..8".
void parse_range(const std::string& text, int& least, int& most) {
  const auto dots = text.find("..");
  const auto number = [](std::string_view digits, int& value) {
    const char* end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, value);
    return error == std::errc() && at == end;
  };
  const std::string_view view = text;
  const bool range = dots != std::string::npos;
  if (!number(view.substr(0, dots), least) || !number(range ? view.substr(dots + 2) : view, most) ||
      least < 1 || most < least) {
    throw CLI::ValidationError("--tasks", fmt::format("'{}' is no number and no range", text));
  }
}

void add_coverage_options(CLI::App& app, CoverageOptions& coverage, const Parts& parts) {
  app.add_option_function<std::string>(
         "--tasks",
         [&coverage](const std::string& text) {
           parse_range(text, coverage.tasks, coverage.most_tasks);
         },
         fmt::format("Tasks in each graph, 1 to {}; of random graphs up to {}, or a range",
                     kMaxCoverageTasks, kMaxRandomTasks))
      ->option_text("N|N..M [3]");
  app.add_option("--random", coverage.random,
                 "So many graphs drawn at random, with the same chance for each, not every one")
      ->check(CLI::Range(1, 1'000'000))
      ->option_text("GRAPHS");
  app.add_option("--seed", coverage.seed, "Of random graphs")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
  app.add_flag("--threads", coverage.threads, "A quarter of random graphs' tasks are threads");
  app.add_flag("--restore", coverage.restore,
               "Restart each graph with each strategy, and verify it");
  app.add_option("--strategy", coverage.strategies,
                 fmt::format("Strategies to restore with, separated by commas: {}, all",
                             joined_names(parts.strategies)))
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_flag("--json", coverage.json, "As JSON");
  add_vm_options(app, coverage.vm);
}

struct Subcommands {
  CLI::App* strategies;
  CLI::App* workloads;
  CLI::App* counters;
  CLI::App* write;
  CLI::App* show;
  CLI::App* check;
  CLI::App* capture;
  CLI::App* restart;
  CLI::App* coverage;
  CLI::App* objects;
  CLI::App* guest;
};

void add_objects(CLI::App& app, Subcommands& commands, ObjectsOptions& objects) {
  objects.sizes.descriptors = {0, 10, 100, 1000, 10000, 100000};
  objects.sizes.vmas = {10, 100, 1000};
  objects.sizes.memory = {1u << 20, 16u << 20, 64u << 20};
  CLI::App& command =
      *app.add_subcommand("objects", "Measure what one kernel object of each class costs");
  commands.objects = &command;
  const auto list = [&command](const char* name, std::vector<std::uint64_t>& values,
                               const char* text, const char* defaults) {
    return command.add_option(name, values, text)
        ->delimiter(',')
        ->allow_extra_args(false)
        ->option_text(defaults);
  };
  list("--fds", objects.sizes.descriptors, "Open descriptors of a files_struct",
       "N,... [0,10,100,1000,10000,100000]");
  list("--vmas", objects.sizes.vmas, "VMAs that an mm has more", "N,... [10,100,1000]");
  list("--memory", objects.sizes.memory, "Bytes that an mm has touched", "N,... [1M,16M,64M]")
      ->transform(CLI::AsSizeValue(false));
  command.add_option("--samples", objects.sizes.samples, "Samples of each, in pairs")
      ->check(CLI::Range(1u, 100000u))
      ->capture_default_str();
  command.add_option("--out", objects.run.out, "Write them as JSON; '-' prints it")
      ->option_text("FILE");
  add_choice(command, "--clock", objects.run.clock, kClocks, "As of bench itself")
      ->option_text("wall|instructions");
  add_vm_options(command, objects.run.vm);
}

constexpr std::string_view kCommandMark = "--";

/// The command itself is everything behind the mark, which CLI11 never sees.
void add_guest(CLI::App& app, Subcommands& commands, GuestOptions& guest) {
  commands.guest = app.add_subcommand(
      "guest",
      "Run a command in a virtual machine that has this machine's files: bench guest "
      "[OPTIONS] -- COMMAND [ARGUMENT...]");
  commands.guest->add_option("--root", guest.root, "The directory that is its root")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  commands.guest->add_option("--timeout", guest.limit_s, "Seconds after which it is stopped")
      ->check(CLI::Range(1u, 1000000u))
      ->capture_default_str();
  add_machine_options(*commands.guest, guest.vm);
}

/// Of running programs.
void add_live_commands(CLI::App& app, Subcommands& commands, Parsed& parsed, const Parts& parts) {
  commands.capture = app.add_subcommand("capture", "Make an image of a running process tree");
  commands.capture->add_option("PID", parsed.capture.root, "Its first process")
      ->required()
      ->check(CLI::Range(1, 1 << 22));
  commands.capture->add_option("-o,--out", parsed.capture.out, "The file")
      ->required()
      ->option_text("FILE");
  commands.capture->add_flag("--leave-running", parsed.capture.leave_running,
                             "Let the tree go on; without it, it is ended once the image is "
                             "written");

  commands.restart = app.add_subcommand("restart", "Restart an image for real, with its pids");
  commands.restart->add_option("FILE", parsed.restart.path, "An image file")->required();
  commands.restart
      ->add_option("--strategy", parsed.restart.strategy,
                   fmt::format("One of {}", joined_names(parts.strategies)))
      ->capture_default_str();
  auto* detach = commands.restart->add_flag("--detach", parsed.restart.detach,
                                            "Leave it running, and end at once");
  commands.restart
      ->add_flag("--wait", parsed.restart.wait,
                 "Wait for the end of its first process, and end with its exit code: the default")
      ->excludes(detach);
}

Subcommands add_subcommands(CLI::App& app, Parsed& parsed, const Parts& parts) {
  Subcommands commands{};
  CLI::App* list = app.add_subcommand("list", "List what there is")->require_subcommand(1);
  commands.strategies = list->add_subcommand("strategies", "Ways to restart");
  commands.strategies->add_flag("--json", parsed.strategies.json, "As JSON");
  commands.workloads = list->add_subcommand("workloads", "Trees to restart, with parameters");
  commands.workloads->add_flag("--json", parsed.workload_list.json, "As JSON");

  commands.counters = list->add_subcommand("counters", "What --counters can count");
  commands.counters->add_flag("--json", parsed.counter_list.json, "As JSON");

  CLI::App* image = app.add_subcommand("image", "Image files")->require_subcommand(1);
  commands.write = image->add_subcommand("write", "Write a workload's image");
  commands.write->add_option("--workload", parsed.write.workload, "W[:PARAMETER=VALUE,...]")
      ->required();
  commands.write->add_option("-o,--out", parsed.write.out, "The file")->required();
  commands.write->add_option("--seed", parsed.write.seed, "Seed")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
  commands.show = image->add_subcommand("show", "Print what an image holds");
  commands.show->add_option("FILE", parsed.show.path, "An image file")->required();
  commands.show->add_flag("--json", parsed.show.json, "As JSON, every record");
  commands.show->add_flag("--verbose", parsed.show.verbose, "Every record");
  commands.check = image->add_subcommand("check", "Check an image and its checksums");
  commands.check->add_option("FILE", parsed.check.path, "An image file")->required();

  add_live_commands(app, commands, parsed, parts);
  add_objects(app, commands, parsed.objects);
  add_guest(app, commands, parsed.guest);
  commands.coverage =
      app.add_subcommand("coverage", "Count the sharing graphs that each strategy restores");
  add_coverage_options(*commands.coverage, parsed.coverage, parts);
  return commands;
}

Command chosen(const Subcommands& commands, Parsed& parsed) {
  if (commands.strategies->parsed()) return parsed.strategies;
  if (commands.workloads->parsed()) return parsed.workload_list;
  if (commands.counters->parsed()) return parsed.counter_list;
  if (commands.write->parsed()) return parsed.write;
  if (commands.show->parsed()) return parsed.show;
  if (commands.check->parsed()) return parsed.check;
  if (commands.capture->parsed()) return parsed.capture;
  if (commands.restart->parsed()) return parsed.restart;
  if (commands.objects->parsed()) {
    parsed.objects.run.command_line = parsed.run.command_line;
    return parsed.objects;
  }
  if (commands.coverage->parsed()) return parsed.coverage;
  if (commands.guest->parsed()) return parsed.guest;
  // All of a command is the command, with its commas and colons.
  std::vector<std::string> synthetic;
  for (std::string& workload : parsed.workloads) {
    if (workload.starts_with(kProgram)) {
      parsed.run.programs.push_back(workload.substr(kProgram.size()));
    } else {
      synthetic.push_back(std::move(workload));
    }
  }
  parsed.run.workloads = joined(synthetic);
  return parsed.run;
}

}  // namespace

Result<Command> parse_command_line(std::span<const char* const> arguments, const Parts& parts) {
  Parsed parsed;
  parsed.run.command_line.assign(arguments.begin(), arguments.end());
  parsed.coverage.command_line = parsed.run.command_line;
  std::vector<std::string> ours;
  const auto mark = std::find(arguments.begin() + 1, arguments.end(), kCommandMark);
  parsed.guest.command.assign(mark == arguments.end() ? mark : mark + 1, arguments.end());
  RB_TRY(sort_out({arguments.begin() + 1, mark}, ours, parsed.run.benchmark_flags));

  CLI::App app("Times ways to restart a checkpointed process tree.", "bench");
  app.set_version_flag("--version", "bench " RB_VERSION);
  app.footer(kExamples);
  app.require_subcommand(0, 1);
  add_run_options(app, parsed, parts);
  add_vm_options(app, parsed.run.vm);
  const Subcommands commands = add_subcommands(app, parsed, parts);
  try {
    std::reverse(ours.begin(), ours.end());  // CLI11 takes them from the back
    app.parse(std::move(ours));
  } catch (const CLI::CallForHelp&) {
    return PrintText{app.help()};
  } catch (const CLI::CallForVersion& version) {
    return PrintText{std::string(version.what()) + '\n'};
  } catch (const CLI::ParseError& error) {
    return fail(ErrorKind::kUsage, error.what(), "see " + help_command(app));
  }
  if (commands.guest->parsed() == parsed.guest.command.empty()) {
    return fail(ErrorKind::kUsage,
                commands.guest->parsed() ? "bench guest needs a command"
                                         : "only bench guest takes a command behind --",
                "bench guest [OPTIONS] -- COMMAND [ARGUMENT...]");
  }
  parsed.run.chosen = {app.count("--repetitions") > 0, app.count("--min-time") > 0,
                       app.count("--max-time") > 0};
  parsed.run.measuring = measuring_options(app);
  return chosen(commands, parsed);
}

}  // namespace rb
