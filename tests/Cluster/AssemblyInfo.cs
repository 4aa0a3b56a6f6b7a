using Xunit.Sdk;
using Xunit.v3;

// Each test runs a cluster of its own on the machine's few cores; two at once would only wait for each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
