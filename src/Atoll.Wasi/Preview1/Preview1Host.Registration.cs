using Atoll.Wasm;

namespace Atoll.Wasi.Preview1;

/// <content>The names of the functions.</content>
internal static partial class Preview1Host
{
    public static void AddTo(Linker linker)
    {
        void Add(string name, Delegate function) => linker.DefineFunction(ModuleName, name, function);

        Add("args_get", ArgsGet);
        Add("args_sizes_get", ArgsSizesGet);
        Add("environ_get", EnvironGet);
        Add("environ_sizes_get", EnvironSizesGet);
        Add("clock_res_get", ClockResGet);
        Add("clock_time_get", ClockTimeGet);
        Add("fd_advise", FdAdvise);
        Add("fd_allocate", FdAllocate);
        Add("fd_close", FdClose);
        Add("fd_datasync", FdDataSync);
        Add("fd_fdstat_get", FdFdStatGet);
        Add("fd_fdstat_set_flags", FdFdStatSetFlags);
        Add("fd_fdstat_set_rights", FdFdStatSetRights);
        Add("fd_filestat_get", FdFileStatGet);
        Add("fd_filestat_set_size", FdFileStatSetSize);
        Add("fd_filestat_set_times", FdFileStatSetTimes);
        Add("fd_pread", FdPRead);
        Add("fd_prestat_get", FdPreStatGet);
        Add("fd_prestat_dir_name", FdPreStatDirName);
        Add("fd_pwrite", FdPWrite);
        Add("fd_read", FdRead);
        Add("fd_readdir", FdReadDir);
        Add("fd_renumber", FdRenumber);
        Add("fd_seek", FdSeek);
        Add("fd_sync", FdSync);
        Add("fd_tell", FdTell);
        Add("fd_write", FdWrite);
        Add("path_create_directory", PathCreateDirectory);
        Add("path_filestat_get", PathFileStatGet);
        Add("path_filestat_set_times", PathFileStatSetTimes);
        Add("path_link", PathLink);
        Add("path_open", PathOpen);
        Add("path_readlink", PathReadLink);
        Add("path_remove_directory", PathRemoveDirectory);
        Add("path_rename", PathRename);
        Add("path_symlink", PathSymbolicLink);
        Add("path_unlink_file", PathUnlinkFile);
        Add("poll_oneoff", PollOneOff);
        Add("proc_exit", ProcExit);
        Add("proc_raise", ProcRaise);
        Add("sched_yield", SchedYield);
        Add("random_get", RandomGet);
        Add("sock_accept", SockAccept);
        Add("sock_recv", SockRecv);
        Add("sock_send", SockSend);
        Add("sock_shutdown", SockShutdown);
    }
}
